import { limits } from "../lib/limits.js";
import type { Advances } from "./advances.js";
import type { Conversation } from "./conversation.js";
import type { Conversations } from "./conversations.js";

export interface EvictionDeps {
  readonly conversations: Conversations;
  readonly advances: Advances;
  readonly drop: (conversation: Conversation) => void;
}

const LOOKED_AT_PER_SWEEP = 10_000;

/** Keeps the number of conversations in memory bounded: the second-chance form of least recently used. */
export class Eviction {
  constructor(readonly deps: EvictionDeps) {}

  sweep(): void {
    const { loaded } = this.deps.conversations;
    let looks = LOOKED_AT_PER_SWEEP;
    for (const conversation of loaded.values()) {
      if (loaded.size <= limits.conversationsMax || looks-- === 0) return;
      if (conversation.used || !this.#idle(conversation)) {
        conversation.used = false;
        loaded.delete(conversation.id);
        loaded.set(conversation.id, conversation);
      } else {
        this.deps.drop(conversation);
      }
    }
  }

  #idle(conversation: Conversation): boolean {
    return (
      conversation.idle && !conversation.members.some((member) => this.deps.advances.holds(member))
    );
  }
}
