import type { Events } from "./events.js";
import type { PresenceStore } from "./store.js";
import { FLAG, type Users } from "./users.js";

export interface LoadsDeps {
  readonly store: PresenceStore;
  readonly users: Users;
  readonly events: Events;
  /** Reads at a time, and records that may wait for one. */
  readonly atATime: number;
  readonly waitingMax: number;
  /** The store knows nothing newer than `second`, 0 when it knows nothing. */
  readonly loaded: (record: number, second: number) => void;
  readonly failed: (record: number) => void;
}

/** Looks up in the store when users were last seen whom this process has not seen yet. A record that is being loaded is not let go. */
export class Loads {
  readonly #deps: LoadsDeps;
  readonly #waiting: number[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(deps: LoadsDeps) {
    this.#deps = deps;
  }

  /** False when too many wait: whoever wants to know asks again. */
  want(record: number): boolean {
    const { users, atATime, waitingMax } = this.#deps;
    if (users.has(record, FLAG.loading)) return true;
    if (this.#waiting.length >= waitingMax) return false;
    users.set(record, FLAG.loading);
    this.#waiting.push(record);
    if (this.#running.size < atATime) this.#next();
    return true;
  }

  async stop(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }

  #next(): void {
    const record = this.#waiting.pop();
    if (record === undefined) return;
    const run = this.#load(record).then(() => {
      this.#running.delete(run);
      this.#next();
    });
    this.#running.add(run);
  }

  async #load(record: number): Promise<void> {
    const { store, users, events, loaded, failed } = this.#deps;
    events.counts.loads++;
    try {
      const second = await store.lastSeen(users.idOf(record));
      users.clear(record, FLAG.loading);
      loaded(record, second);
    } catch {
      // Why it failed is said by the writes.
      events.counts.storeErrors++;
      users.clear(record, FLAG.loading);
      failed(record);
    }
  }
}
