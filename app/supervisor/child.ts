import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock, Timer } from "../../lib/clock.js";
import type { Backoff } from "../backoff.js";

/** What a supervised service says to its supervisor, over the IPC channel, once it serves. */
export interface ReadyMessage {
  readonly ready: true;
}

export interface ChildDeps {
  /** Starts the process, with piped output and an IPC channel. */
  readonly spawn: () => ChildProcess;
  readonly clock: Clock;
  readonly backoff: Backoff;
  /** One line of its output. */
  readonly line: (line: string) => void;
  /** It serves, for the first time or again. */
  readonly ready: () => void;
  /** It ended without being asked to; `restartMs` is when it starts again. */
  readonly crashed: (crash: Crash) => void;
}

export interface Crash {
  /** For people: the exit code or the signal. */
  readonly how: string;
  readonly wasReady: boolean;
  readonly restartMs: number;
}

type State =
  | { kind: "stopped" }
  | { kind: "running"; process: ChildProcess; sinceMs: number; ready: boolean }
  | { kind: "waiting"; timer: Timer }
  | { kind: "stopping"; process: ChildProcess };

/** One service's process, kept running until it is stopped. */
export class SupervisedChild {
  readonly #deps: ChildDeps;
  #state: State = { kind: "stopped" };
  #ended: () => void = () => {};

  constructor(deps: ChildDeps) {
    this.#deps = deps;
  }

  get ready(): boolean {
    return this.#state.kind === "running" && this.#state.ready;
  }

  start(): void {
    const { spawn, clock, line } = this.#deps;
    const process = spawn();
    this.#state = { kind: "running", process, sinceMs: clock.nowMs(), ready: false };
    for (const stream of [process.stdout, process.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", line);
    }
    process.on("message", (message) => this.#hear(process, message));
    process.on("error", () => {}); // A failed spawn ends with "close" as well.
    process.on("close", (code, signal) => this.#closed(code, signal));
  }

  /** Asks it to end, forces it after `killAfterMs`; resolves when it is gone and will not come back. */
  async stop(killAfterMs: number): Promise<void> {
    const state = this.#state;
    if (state.kind === "waiting") {
      state.timer.cancel();
      this.#state = { kind: "stopped" };
    }
    if (state.kind !== "running") return;
    const { process } = state;
    this.#state = { kind: "stopping", process };
    const gone = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    process.kill("SIGTERM");
    const force = this.#deps.clock.after(killAfterMs, () => process.kill("SIGKILL"));
    await gone;
    force.cancel();
  }

  /** Ends it without further ado. */
  kill(): void {
    if (this.#state.kind === "running" || this.#state.kind === "stopping") {
      this.#state.process.kill("SIGKILL");
    }
  }

  #hear(process: ChildProcess, message: unknown): void {
    const state = this.#state;
    if (state.kind !== "running" || state.process !== process || state.ready) return;
    if ((message as Partial<ReadyMessage>).ready !== true) return;
    this.#state = { ...state, ready: true };
    this.#deps.ready();
  }

  #closed(code: number | null, signal: NodeJS.Signals | null): void {
    const state = this.#state;
    if (state.kind === "stopping") {
      this.#state = { kind: "stopped" };
      this.#ended();
    }
    if (state.kind !== "running") return;
    const { clock, backoff, crashed } = this.#deps;
    const restartMs = backoff.delayMs(clock.nowMs() - state.sinceMs);
    this.#state = { kind: "waiting", timer: clock.after(restartMs, () => this.start()) };
    crashed({
      how: signal ? `signal ${signal}` : `exit code ${code}`,
      wasReady: state.ready,
      restartMs,
    });
  }
}
