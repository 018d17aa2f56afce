import type { Recorder } from "../history/recorder.js";
import type { Random } from "../sim/random.js";
import type { ChaosMesh } from "./chaos-mesh.js";
import type { Crowd } from "./crowd.js";
import type { Recoveries } from "./recoveries.js";

/** Deadlines of the checker count from the last word on a fault: one that lasts is named again and again. */
const SAY_AGAIN_MS = 2_000;

/** What a fault has to work with. */
export interface Stage {
  readonly mesh: ChaosMesh;
  readonly crowd: Crowd;
  readonly random: Random;
  readonly recorder: Recorder;
  readonly recoveries: Recoveries;
  /** Tells people, and the history. */
  readonly say: (what: string) => void;
  /** The fault is not possible on this machine: told aloud at the end. */
  readonly skip: (fault: Fault, why: string) => void;
}

export interface Fault {
  /** For the log and the count. */
  readonly kind: string;
  /** Rows of the catalogue that it stands for. */
  readonly rows: readonly string[];
  /** Takes longer than a test run should, or needs what not every machine has. */
  readonly heavy?: boolean;
  /** Breaks something, and repairs it. */
  readonly run: (stage: Stage) => Promise<void>;
}

/** Leaves things broken for so long. */
export async function hold({ recorder }: Stage, ms: number): Promise<void> {
  const endMs = performance.now() + ms;
  for (;;) {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, SAY_AGAIN_MS)));
    recorder.note({ type: "fault", what: "goes on" });
  }
}

/** Names the fault while something is awaited. */
export async function during<T>({ recorder }: Stage, done: Promise<T>): Promise<T> {
  const timer = setInterval(() => recorder.note({ type: "fault", what: "goes on" }), SAY_AGAIN_MS);
  try {
    return await done;
  } finally {
    clearInterval(timer);
  }
}
