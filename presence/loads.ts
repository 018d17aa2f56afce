import type { Events } from "./events.js";
import type { PresenceStore } from "./store.js";
import { FLAG, type Users } from "./users.js";

/** What is read for a user: what the store knows of him, or nothing, which takes as long as if it knew nothing. */
export type Read = typeof FLAG.loading | typeof FLAG.pretending;

export interface LoadsDeps {
  readonly store: PresenceStore;
  readonly users: Users;
  readonly events: Events;
  /** Reads at a time, and how many may wait. */
  readonly atATime: number;
  readonly waitingMax: number;
  /** The store knows nothing newer than `second`, 0 when it knows nothing; undefined when it cannot say. */
  readonly done: (record: number, read: Read, second: number | undefined) => void;
}

/** Reads of the store about single users, one of each kind at a time. A record for which something is read is not let go. */
export class Loads {
  readonly #deps: LoadsDeps;
  readonly #waiting: { readonly record: number; readonly read: Read }[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(deps: LoadsDeps) {
    this.#deps = deps;
  }

  /** False when too many wait: whoever wants to know asks again. */
  want(record: number, read: Read): boolean {
    const { users, atATime, waitingMax } = this.#deps;
    if (users.has(record, read)) return true;
    if (this.#waiting.length >= waitingMax) return false;
    users.set(record, read);
    this.#waiting.push({ record, read });
    if (this.#running.size < atATime) this.#next();
    return true;
  }

  async stop(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }

  #next(): void {
    const next = this.#waiting.pop();
    if (next === undefined) return;
    const run = this.#read(next.record, next.read).then(() => {
      this.#running.delete(run);
      this.#next();
    });
    this.#running.add(run);
  }

  async #read(record: number, read: Read): Promise<void> {
    const { store, users, events, done } = this.#deps;
    const user = users.idOf(record);
    events.counts.loads++;
    const second = await store
      .lastSeen(read === FLAG.loading ? user : nobodyBeside(user))
      .catch(() => {
        // Why it failed is said by the writes.
        events.counts.storeErrors++;
        return undefined;
      });
    users.clear(record, read);
    done(record, read, second);
  }
}

/** No id of a user has this character; the place in the store is that of an id that nobody has. */
function nobodyBeside(user: string): string {
  return `${user.slice(0, -1)}~`;
}
