import type { Clock, Timer } from "../lib/clock.js";
import type { Events } from "./events.js";
import { DAY_S } from "./points.js";
import type { PresenceStore } from "./store.js";

const EVERY_MS = 3_600_000;
/** Points removed at a time, so that what is to be stored does not wait for long. */
const STEP = 2_000;

export interface RetentionDeps {
  readonly store: PresenceStore;
  readonly clock: Clock;
  readonly events: Events;
  readonly keepDays: number;
}

/** Removes points that are older than they are kept: at the start and every hour. */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #timer: Timer;
  #running: Promise<void>;
  #stopped = false;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#running = this.#run();
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
    const day = Math.floor(clock.wallMs() / 1000 / DAY_S) - keepDays;
    try {
      while (!this.#stopped && (await store.expire(day, STEP)));
    } catch (error) {
      events.storeFailed(error);
    }
  }
}
