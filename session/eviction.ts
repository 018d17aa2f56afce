import { limits } from "../lib/limits.js";
import type { Advances } from "./advances.js";
import type { Conversation } from "./conversation.js";
import type { Conversations } from "./conversations.js";

export interface EvictionDeps {
  readonly conversations: Pick<Conversations, "loaded">;
  readonly advances: Pick<Advances, "holds">;
  readonly drop: (conversation: Conversation) => void;
  /** Conversations kept in memory. */
  readonly max: number;
  /**
   * From here on those go, too, whose cursors receipts has not confirmed, as when it is down for long: the cursors are stored
   * by device, and are announced again when the device comes back; a Read is repeated by its client.
   */
  readonly unconfirmedMax: number;
}

export const evictionBounds = {
  max: limits.conversationsMax,
  unconfirmedMax: 2 * limits.conversationsMax,
};

const LOOKED_AT_PER_SWEEP = 10_000;

/** Keeps the number of conversations in memory bounded: the second-chance form of least recently used. */
export class Eviction {
  constructor(readonly deps: EvictionDeps) {}

  sweep(): void {
    const { max, conversations, drop } = this.deps;
    const { loaded } = conversations;
    let looks = LOOKED_AT_PER_SWEEP;
    for (const conversation of loaded.values()) {
      if (loaded.size <= max || looks-- === 0) return;
      if (conversation.used || !this.#idle(conversation)) {
        conversation.used = false;
        loaded.delete(conversation.id);
        loaded.set(conversation.id, conversation);
      } else {
        drop(conversation);
      }
    }
  }

  #idle(conversation: Conversation): boolean {
    if (!conversation.idle) return false;
    const { advances, conversations, unconfirmedMax } = this.deps;
    if (conversations.loaded.size > unconfirmedMax) return true;
    return !conversation.members.some((member) => advances.holds(member));
  }
}
