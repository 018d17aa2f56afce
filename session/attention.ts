import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Conversation } from "./conversation.js";
import type { Conversations } from "./conversations.js";
import { isCurrent, lastVisible } from "./membership.js";
import type { Shard } from "./shard.js";
import type { AttentionRecord, MemberAttentionRecord } from "./store.js";

export interface AttentionDeps {
  readonly clock: Clock;
  readonly conversations: Conversations;
  readonly shards: readonly Shard[];
  readonly touched: (shard: Shard) => void;
  readonly attentionMs: number;
}

/** Conversations that were found open in the store and are looked at per sweep. */
const LOADS_PER_SWEEP = 64;

/**
 * Closes conversations that have been quiet for a while, whoever has acknowledged. Closing writes rows of every member, so only some
 * conversations close at a time, and the next ones when those have: messages are not to wait behind them.
 */
export class Attention {
  #open = new Set<Conversation>();
  /** Their closing records are on their way to the store. */
  #closing = new Set<Conversation>();
  #found: string[] = [];

  constructor(readonly deps: AttentionDeps) {}

  /** The conversation has a new durable entry. */
  opened(conversation: Conversation): void {
    this.#open.add(conversation);
  }

  /** Taking over a shard found these open: nobody else will close them. */
  found(conversations: readonly string[]): void {
    this.#found.push(...conversations);
  }

  /** The closing record is durable. */
  closed(conversation: Conversation): void {
    if (!conversation.open) this.#open.delete(conversation);
    conversation.dropTail();
    this.#closing.delete(conversation);
    this.#closeSome();
  }

  forget(conversation: Conversation): void {
    this.#open.delete(conversation);
    this.#closing.delete(conversation);
  }

  /** What did not begin to close stays open: whoever takes the shards over finds it. */
  stop(): void {
    this.#open.clear();
    this.#found = [];
  }

  get open(): number {
    return this.#open.size;
  }

  sweep(): void {
    for (const id of this.#found.splice(0, LOADS_PER_SWEEP)) this.#loadFound(id);
    this.#closeSome();
  }

  #closeSome(): void {
    if (this.#closing.size > 0) return;
    const quietSince = this.deps.clock.nowMs() - this.deps.attentionMs;
    let users = 0;
    for (const conversation of this.#open) {
      if (users >= limits.closedAtOnce) return;
      if (conversation.activeMs > quietSince || conversation.pending > 0) continue;
      users += conversation.members.length;
      this.#close(conversation);
    }
  }

  #loadFound(id: string): void {
    const loaded = this.deps.conversations.loaded.get(id);
    if (loaded !== undefined) {
      if (loaded.open) this.#open.add(loaded);
      return;
    }
    this.deps.conversations.load(id, {
      creates: false,
      ready: (conversation) => {
        conversation.activeMs = this.deps.clock.nowMs();
        if (conversation.open) this.#open.add(conversation);
      },
      absent: () => {},
      busy: () => this.#found.push(id),
    });
  }

  #close(conversation: Conversation): void {
    const shard = this.deps.shards[conversation.shard] as Shard;
    if (!shard.owned || !conversation.open) return;
    conversation.open = false;
    this.#closing.add(conversation);
    shard.close(conversation, attentionRecord(conversation, false, conversation.head));
    this.deps.touched(shard);
  }
}

/**
 * The conversation opens, for those who are in it now, or closes, for each at the last entry he may see. Former members of a group were told
 * when they left where it ends for them; who blocks the other one of a 1:1 is told as if nothing had come since, or not at all.
 */
export function attentionRecord(
  conversation: Conversation,
  open: boolean,
  seq: number,
): AttentionRecord {
  const told = conversation.members.filter((member) => {
    if (isCurrent(member)) return true;
    return !open && conversation.cursors === undefined && lastVisible(member, seq) > 0;
  });
  const users = told.map((member) => {
    return { user: member.user, seq: open ? seq : lastVisible(member, seq) };
  });
  return { kind: "attention", conversation: conversation.id, open, seq, users };
}

/** The same for some of the users. */
export function memberAttention(
  conversation: string,
  open: boolean,
  seq: number,
  names: readonly string[],
): MemberAttentionRecord {
  const users = names.map((user) => ({ user, seq }));
  return { kind: "member-attention", conversation, open, seq, users };
}
