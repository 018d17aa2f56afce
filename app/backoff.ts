/** How long to wait before each restart. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Who has run this long is healthy again: the next crash starts from `firstMs`. */
  readonly healthyMs: number;
}

/** Doubling delays with full jitter above the half, so that crashed processes do not come back in step. */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #nextMs: number;

  constructor(limits: BackoffLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
    this.#nextMs = limits.firstMs;
  }

  /** The delay before the restart of something that ran for `ranMs`. */
  delayMs(ranMs: number): number {
    if (ranMs >= this.#limits.healthyMs) this.#nextMs = this.#limits.firstMs;
    const ceiling = this.#nextMs;
    this.#nextMs = Math.min(ceiling * 2, this.#limits.maxMs);
    return Math.round(ceiling * (0.5 + this.#random() / 2));
  }
}
