import { limits } from "../lib/limits.js";
import type { Advances } from "./advances.js";
import type { Conversation } from "./conversation.js";
import type { Conversations } from "./conversations.js";

export interface EvictionDeps {
  readonly conversations: Pick<Conversations, "loaded" | "members">;
  readonly advances: Pick<Advances, "holds">;
  readonly drop: (conversation: Conversation) => void;
  /** Conversations kept in memory, and the members of all of them together. */
  readonly max: number;
  readonly membersMax: number;
}

export const evictionBounds = {
  max: limits.conversationsMax,
  membersMax: limits.conversationMembersMax,
};

const LOOKED_AT_PER_SWEEP = 10_000;

/** Keeps the number of conversations in memory bounded: the second-chance form of least recently used. */
export class Eviction {
  constructor(readonly deps: EvictionDeps) {}

  sweep(): void {
    const { conversations, drop } = this.deps;
    const { loaded } = conversations;
    let looks = LOOKED_AT_PER_SWEEP;
    for (const conversation of loaded.values()) {
      if (!this.#exceeds(1) || looks-- === 0) return;
      if (conversation.used || !this.#idle(conversation)) {
        conversation.used = false;
        loaded.delete(conversation.id);
        loaded.set(conversation.id, conversation);
      } else {
        drop(conversation);
      }
    }
  }

  /** Whether more is in memory than so many times the bounds. */
  #exceeds(times: number): boolean {
    const { conversations, max, membersMax } = this.deps;
    return conversations.loaded.size > times * max || conversations.members > times * membersMax;
  }

  /**
   * From twice the bounds on those go, too, whose cursors receipts has not confirmed, as when it is down for long: the cursors are
   * stored by device, and are announced again when the device comes back; a Read is repeated by its client.
   */
  #idle(conversation: Conversation): boolean {
    if (!conversation.idle) return false;
    if (this.#exceeds(2)) return true;
    return !conversation.members.some((member) => this.deps.advances.holds(member));
  }
}
