import { limits } from "../lib/limits.js";
import type { Conversation } from "./conversation.js";
import type { StoredEntry } from "./store.js";

/** An entry of a large group that is to be pushed to its members. */
interface Due {
  readonly entry: StoredEntry;
  readonly device: string;
}

/**
 * Large groups take turns: one entry of each after the other, and in one event-loop iteration no more recipients than a bounded
 * number. So a hot group delays its own members and nobody else. How much of a group may wait is bounded by what its owner takes in.
 */
export class Turns {
  readonly #due = new Map<Conversation, Due[]>();
  #scheduled = false;

  constructor(
    readonly deliver: (conversation: Conversation, entry: StoredEntry, device: string) => void,
  ) {}

  /** Groups that wait. */
  get waiting(): number {
    return this.#due.size;
  }

  add(conversation: Conversation, entry: StoredEntry, device: string): void {
    const due = this.#due.get(conversation);
    if (due !== undefined) due.push({ entry, device });
    else this.#due.set(conversation, [{ entry, device }]);
    this.#schedule();
  }

  /** The conversation leaves memory. */
  forget(conversation: Conversation): void {
    this.#due.delete(conversation);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #run = (): void => {
    this.#scheduled = false;
    let left = limits.fanOutPerTurn;
    for (const [conversation, due] of this.#due) {
      if (left <= 0) break;
      const { entry, device } = due.shift() as Due;
      // Whoever has more goes to the end of the line, which this loop reaches, too.
      this.#due.delete(conversation);
      if (due.length > 0) this.#due.set(conversation, due);
      left -= conversation.members.length;
      this.deliver(conversation, entry, device);
    }
    if (this.#due.size > 0) this.#schedule();
  };
}
