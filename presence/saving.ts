import type { Events } from "./events.js";
import { Points } from "./points.js";
import type { PresenceStore } from "./store.js";
import type { Users } from "./users.js";

/** Room for so many points is kept from one batch to the next. */
const POINTS_KEPT = 65_536;

export interface SavingDeps {
  readonly store: PresenceStore;
  readonly users: Users;
  readonly events: Events;
  /** Points that may wait; further ones are dropped. */
  readonly pointsMax: number;
}

/**
 * Stores points behind what happened: all of one tick in one batch. A batch that failed is tried again with the next tick, while new points
 * collect for the one after it.
 */
export class Saving {
  /** The number of the batch that is being collected; those up to `saved` are durable. */
  batch = 1;
  saved = 0;
  readonly #deps: SavingDeps;
  #open = new Points();
  /** Its points are being stored, or wait to be tried again. */
  #closed = new Points();
  #writing: Promise<void> | undefined;

  constructor(deps: SavingDeps) {
    this.#deps = deps;
  }

  /** Points that are not durable. */
  get waiting(): number {
    return this.#open.count + this.#closed.count;
  }

  /** Whether something that the user did is not durable yet. */
  holds(record: number): boolean {
    return (this.#deps.users.batch[record] as number) > this.saved;
  }

  /** False when there is no room: the point is lost. */
  add(record: number, second: number, begins: boolean): boolean {
    const { users, events, pointsMax } = this.#deps;
    if (this.#open.count >= pointsMax) {
      events.counts.lost++;
      return false;
    }
    this.#open.add(users, record, second, begins);
    users.batch[record] = this.batch;
    return true;
  }

  /** The end of a tick. */
  tick(): void {
    if (this.#writing !== undefined) return;
    if (this.#closed.count === 0) {
      if (this.#open.count === 0) return;
      [this.#open, this.#closed] = [this.#closed, this.#open];
      this.batch++;
    }
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Stores what waits, as far as the store takes it. */
  async stop(): Promise<void> {
    await this.#writing;
    for (let tries = 0; this.waiting > 0 && tries < 3; tries++) {
      this.tick();
      await this.#writing;
    }
  }

  async #write(): Promise<void> {
    const { store, events } = this.#deps;
    const points = this.#closed;
    try {
      await store.add(points);
    } catch (error) {
      events.storeFailed(error);
      return;
    }
    events.stored(points.count);
    this.#raise(points);
    // What a rush needed is not kept for the quiet after it.
    if (points.capacity > POINTS_KEPT) this.#closed = new Points();
    else points.count = 0;
    this.saved = this.batch - 1;
  }

  /** Only what is stored is told as last seen: what is told does not go back with a crash. */
  #raise({ count, records, seconds }: Points): void {
    const { seen } = this.#deps.users;
    for (let at = 0; at < count; at++) {
      const record = records[at] as number;
      const second = seconds[at] as number;
      if (second > (seen[record] as number)) seen[record] = second;
    }
  }
}
