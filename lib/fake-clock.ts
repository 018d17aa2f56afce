import type { Clock, Timer } from "./clock.js";

interface Due {
  atMs: number;
  readonly everyMs: number;
  readonly run: () => void;
}

/** For tests: time stands still until `advance`. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #startMs: number;
  readonly #due = new Set<Due>();

  constructor(startMs = 1_800_000_000_000) {
    this.#startMs = startMs;
  }

  wallMs(): number {
    return this.#startMs + this.#nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + ms, everyMs: 0, run });
  }

  every(ms: number, run: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + ms, everyMs: ms, run });
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#due.size;
  }

  /** Lets `ms` pass: runs what is due, in order of time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      let next: Due | undefined;
      for (const due of this.#due) {
        if (due.atMs <= untilMs && (!next || due.atMs < next.atMs)) next = due;
      }
      if (!next) break;
      this.#nowMs = next.atMs;
      if (next.everyMs > 0) next.atMs += next.everyMs;
      else this.#due.delete(next);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  #add(due: Due): Timer {
    this.#due.add(due);
    return { cancel: () => this.#due.delete(due) };
  }
}
