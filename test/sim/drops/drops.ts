import { WireWriter } from "../../../lib/wire/writer.js";
import type { ChannelEnd, Data } from "../channel.js";
import type { FrameFilter } from "../network-model.js";
import { contentOf, framesOf, type Hop, hopBetween, type PassingFrame } from "./kinds.js";
import { namesOf, type Repair, repairOf } from "./table.js";

/** One kind of frame on one hop, e.g. `session>parser deliver`. */
export type Lane = string;

/** How long a kind is lost, from its first frame on: longer than the first repetition takes. */
const LOST_MS = 8_000;

/** What became of the frames of one lane that were to be lost. */
export interface Loss {
  lost: number;
  firstMs: number;
  /** Whether what repairs it was sent again after a loss. */
  repeated: boolean;
}

/** Loses every frame of some lanes for a while, and looks for who repeats it. Counts what passes everywhere. */
export class Drops implements FrameFilter {
  readonly seen = new Map<Lane, number>();
  readonly losses: ReadonlyMap<Lane, Loss>;
  readonly #names = new Set<string>();
  /** By lane of the repetition: what it makes good. */
  readonly #wanted = new Map<Lane, { readonly loss: Loss; readonly repair: Repair }[]>();

  constructor(lanes: readonly Lane[]) {
    this.losses = new Map(lanes.map((lane) => [lane, { lost: 0, firstMs: 0, repeated: false }]));
    for (const [lane, loss] of this.losses) {
      const repair = repairOf(lane);
      if (!repair?.again) continue;
      const key = `${repair.again.hop} ${repair.again.kind}`;
      this.#wanted.set(key, [...(this.#wanted.get(key) ?? []), { loss, repair }]);
    }
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.losses].map(([lane, { lost }]) => [lane, lost]));
  }

  clear(): void {
    // Windows end by themselves.
  }

  pass(end: ChannelEnd, data: Data): Data | undefined {
    const hop = hopBetween(end.process.name, end.peer.process.name);
    if (!hop) return data;
    const frames = framesOf(hop, data);
    const kept = frames.filter((frame) => {
      const lane = `${hop.name} ${frame.kind}`;
      this.seen.set(lane, (this.seen.get(lane) ?? 0) + 1);
      this.#repeats(end, hop, data, frame);
      return !this.#takes(end, lane);
    });
    if (kept.length === frames.length) return data;
    return kept.length === 0 ? undefined : rewritten(data as Buffer, kept);
  }

  /** Whether the frame is lost. */
  #takes(end: ChannelEnd, lane: Lane): boolean {
    const loss = this.losses.get(lane);
    if (!loss) return false;
    const { nowMs, scheduler } = end.model;
    const { lost, fromMs = 0 } = repairOf(lane) ?? {};
    const once = lost === "with its link";
    if (nowMs < fromMs) return false;
    if (loss.lost > 0 && (once || nowMs > loss.firstMs + LOST_MS)) return false;
    if (loss.lost++ === 0) loss.firstMs = nowMs;
    if (once) scheduler.after(0, undefined, "cut", () => end.reset());
    return true;
  }

  /** A frame whose name passed here before, after something was lost that it makes good. */
  #repeats(end: ChannelEnd, hop: Hop, data: Data, frame: PassingFrame): void {
    const lane = `${hop.name} ${frame.kind}`;
    const wanted = this.#wanted.get(lane);
    if (!wanted) return;
    for (const name of namesOf(end.process.name, frame.kind, contentOf(hop, data, frame))) {
      const known = this.#names.has(`${lane} ${name}`);
      this.#names.add(`${lane} ${name}`);
      for (const { loss, repair } of wanted) {
        const inTime = loss.lost > 0 && end.model.nowMs - loss.firstMs <= repair.withinMs;
        if (inTime && (known || repair.periodic)) loss.repeated = true;
      }
    }
  }
}

function rewritten(batch: Buffer, kept: readonly PassingFrame[]): Buffer {
  const writer = new WireWriter(batch.length);
  for (const { start, stop } of kept) writer.bytes(1, batch, start, stop, true);
  return writer.take();
}
