import type { Clock, Timer } from "../lib/clock.js";
import type { Events } from "./events.js";
import { DAY_S } from "./points.js";
import type { PresenceStore } from "./store.js";

/** By the monotonic clock: so long after the start for the first time. */
export const EVERY_MS = 6 * 3_600_000;
/** Points removed at a time, so that what is to be stored does not wait for long. */
const STEP = 2_000;

export interface RetentionDeps {
  readonly store: PresenceStore;
  readonly clock: Clock;
  readonly events: Events;
  readonly keepDays: number;
}

/**
 * Removes points that are older than they are kept, one day of the series every six hours. The wall clock says what is old, and it may be wrong:
 * the one that goes is the oldest day there is, and one that ran a year ahead for a day has taken four of them and not all.
 * Nothing has to be remembered over restarts: what is stored says how far this came.
 */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #timer: Timer;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#timer = deps.clock.every(EVERY_MS, () => {
      this.#running = this.#running.then(() => this.#run());
    });
  }

  /** Resolves when what was begun is done, or given up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { store, clock, events, keepDays } = this.#deps;
    const first = Math.floor(clock.wallMs() / 1000 / DAY_S) - keepDays;
    try {
      const oldest = await store.oldestDay();
      if (oldest === undefined || oldest >= first) return;
      while (!this.#stopped && (await store.expire(oldest + 1, STEP)));
    } catch (error) {
      events.storeFailed(error);
    }
  }
}
