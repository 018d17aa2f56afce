const TICK_MS = 100;
const STALL_MS = 1_000;

/**
 * Time during which this process could work. A machine that stands still, a stopped process: that is nobody's fault, and no
 * deadline of a history goes on meanwhile.
 */
export class RunningClock {
  #lastMs: number;
  #stalledMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(readonly wallMs: () => number = () => performance.now()) {
    this.#lastMs = wallMs();
    this.#timer = setInterval(() => this.nowMs(), TICK_MS);
    this.#timer.unref();
  }

  nowMs(): number {
    const now = this.wallMs();
    const elapsed = now - this.#lastMs;
    if (elapsed > STALL_MS) this.#stalledMs += elapsed - TICK_MS;
    this.#lastMs = now;
    return now - this.#stalledMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
