import type { Clock, Timer } from "../lib/clock.js";

/** Collects, and hands over: at once when it did not lately, else at most every `ms`. */
export class Pace<T> {
  #items: T[] = [];
  #handedMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(
    readonly clock: Clock,
    readonly ms: number,
    readonly take: (items: readonly T[]) => void,
  ) {}

  add(item: T): void {
    this.#items.push(item);
  }

  /** The end of an event-loop iteration: what was collected is handed over, now or when it is time. */
  flush(): void {
    if (this.#items.length === 0 || this.#timer !== undefined) return;
    const waitMs = this.#handedMs + this.ms - this.clock.nowMs();
    if (waitMs > 0) this.#timer = this.clock.after(waitMs, () => this.flushNow());
    else this.flushNow();
  }

  flushNow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#handedMs = this.clock.nowMs();
    const items = this.#items;
    this.#items = [];
    this.take(items);
  }

  /** Drops the others. */
  keep(which: (item: T) => boolean): void {
    this.#items = this.#items.filter(which);
  }
}
