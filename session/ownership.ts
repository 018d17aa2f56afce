import type { Clock, Timer } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import type { Advances } from "./advances.js";
import type { Attention } from "./attention.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import type { Conversations } from "./conversations.js";
import type { Delivery } from "./delivery.js";
import type { Home } from "./home.js";
import type { Resumes } from "./resumes.js";
import { disownSend } from "./sending.js";
import type { Pending, Shard } from "./shard.js";

export interface OwnershipDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly conversations: Conversations;
  readonly home: Home;
  readonly delivery: Delivery;
  readonly advances: Advances;
  readonly attention: Attention;
  readonly resumes: Resumes;
}

const RETAKE_MS = 1_000;

/** Taking shards over, and giving up what is in memory when one is lost. */
export class Ownership {
  #lost = new Set<Shard>();
  #retaking: Timer | undefined;
  #stopped = false;

  constructor(readonly deps: OwnershipDeps) {}

  /** At start: every shard. Rejects when one cannot be had. */
  async takeAll(shards: readonly Shard[]): Promise<void> {
    for (const open of await Promise.all(shards.map((shard) => shard.takeOver()))) {
      this.deps.attention.found(open);
    }
  }

  /** The store did not say what became of a commit, or another owner came: only the store knows the truth now. */
  lost(shard: Shard, sends: readonly Pending[], error: unknown): void {
    this.deps.log.error(
      { err: error, shard: shard.id },
      "a shard was lost; it is taken over again",
    );
    for (const conversation of this.deps.conversations.loaded.values()) {
      if (conversation.shard === shard.id) this.drop(conversation);
    }
    for (const send of sends) {
      if (send.kind === "send") disownSend(send);
      else send.lost();
    }
    this.#lost.add(shard);
    this.#retakeLater();
  }

  /** Takes a conversation out of memory. */
  drop(conversation: Conversation): void {
    const { delivery, advances, attention, home, conversations } = this.deps;
    conversations.loaded.delete(conversation.id);
    const devices = [...conversation.feeds.values()].map(({ device }) => device);
    delivery.forgetConversation(conversation);
    for (const device of devices) home.tidy(device);
    advances.forget(conversation);
    attention.forget(conversation);
    for (const member of conversation.members) this.#release(conversation, member);
  }

  /**
   * Takes a conversation out of memory in which there is nothing: only a block can leave one, or a send that it refused. Whoever sends the
   * first entry must not be served sooner than elsewhere.
   */
  dropEmpty(conversation: Conversation): void {
    const { pendingHead, pending, id } = conversation;
    if (pendingHead > 0 || pending > 0) return;
    if (this.deps.conversations.loaded.get(id) === conversation) this.drop(conversation);
  }

  /** Lets go of one who is no member any more and no longer remembered as one. */
  dropMember(conversation: Conversation, member: OwnedMember): void {
    const { delivery, advances, home } = this.deps;
    for (const device of [...member.home.devices]) {
      const feed = conversation.feeds.get(device.id);
      if (feed !== undefined) delivery.forget(feed);
      if (device.resume !== undefined) delivery.passOver(conversation, device);
      home.tidy(device);
    }
    advances.forgetMember(member);
    conversation.forgetMember(member);
    this.#release(conversation, member);
  }

  #release(conversation: Conversation, member: OwnedMember): void {
    for (const { connection } of member.home.devices) {
      if (connection?.recent === conversation) connection.recent = undefined;
    }
    this.deps.conversations.release(member);
    this.deps.home.tidyUser(member.home);
  }

  #retakeLater(): void {
    if (this.#retaking !== undefined || this.#stopped) return;
    this.#retaking = this.deps.clock.after(RETAKE_MS, () => void this.#retake());
  }

  /** Nothing is taken over any more. */
  stop(): void {
    this.#stopped = true;
    this.#retaking?.cancel();
  }

  async #retake(): Promise<void> {
    for (const shard of [...this.#lost]) {
      try {
        this.deps.attention.found(await shard.takeOver());
        this.#lost.delete(shard);
      } catch (error) {
        this.deps.log.warn({ err: error, shard: shard.id }, "the shard cannot be taken over yet");
        break;
      }
    }
    this.#retaking = undefined;
    if (this.#lost.size > 0) this.#retakeLater();
    else this.#recheck();
  }

  /** Entries may be durable that nobody was told of: every connected device is compared again. */
  #recheck(): void {
    for (const user of this.deps.home.users.values()) {
      for (const device of user.devices) this.deps.resumes.start(device);
    }
  }
}
