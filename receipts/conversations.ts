import type { LRUCache } from "lru-cache";
import { boundedCache } from "../lib/bounded-cache.js";
import { Conversation } from "./conversation.js";
import type { MembersOf } from "./members.js";

/**
 * The conversations in memory. Those with something pending stay; of the others the most recently used ones do. How many are
 * busy is bounded by the bounds on moves and questions.
 */
export class Conversations {
  readonly #membersOf: MembersOf;
  readonly #busy = new Map<string, Conversation>();
  readonly #idle: LRUCache<string, Conversation>;

  constructor(deps: { readonly membersOf: MembersOf; readonly idleMax: number }) {
    this.#membersOf = deps.membersOf;
    this.#idle = boundedCache(deps.idleMax, sizeOf);
  }

  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  get busy(): number {
    return this.#busy.size;
  }

  /** The conversation, or undefined when there can be none of this id. To be given back with `settle`. */
  take(id: string): Conversation | undefined {
    const busy = this.#busy.get(id);
    if (busy) return busy;
    let conversation = this.#idle.get(id);
    if (conversation) {
      this.#idle.delete(id);
    } else {
      const members = this.#membersOf(id);
      if (!members) return undefined;
      conversation = new Conversation(id, members);
    }
    this.#busy.set(id, conversation);
    return conversation;
  }

  /** Lets the conversation go when nothing keeps it. One that was forgotten may have a successor: that one stays. */
  settle(conversation: Conversation): void {
    const { id, busy } = conversation;
    if (busy || this.#busy.get(id) !== conversation) return;
    this.#busy.delete(id);
    this.#idle.set(id, conversation);
  }
}

/** A group counts as so many 1:1 conversations as have its number of cursors together. */
function sizeOf({ cursors }: Conversation): number {
  return Math.max(1, Math.ceil(cursors.size / 2));
}
