/** How many units per second on average, and how many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket in plain numbers: no timer, no promise. */
export class Bucket {
  #level: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#level = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes `units` if they are there. */
  take(units: number, rate: Rate, nowMs: number): boolean {
    const refill = ((nowMs - this.#atMs) / 1000) * rate.perSecond;
    this.#level = Math.min(rate.burst, this.#level + Math.max(0, refill));
    this.#atMs = nowMs;
    if (units > this.#level) return false;
    this.#level -= units;
    return true;
  }

  /** Milliseconds until that many units are there; at least 1. */
  hasInMs(units: number, rate: Rate): number {
    return Math.max(1, Math.ceil(((units - this.#level) / rate.perSecond) * 1000));
  }

  /** Milliseconds until the bucket is full again. */
  fullInMs(rate: Rate): number {
    return Math.ceil(((rate.burst - this.#level) / rate.perSecond) * 1000);
  }
}
