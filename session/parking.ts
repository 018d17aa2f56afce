import { NackReason } from "../gen/chat/client/v1/delivery.js";
import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import type { Delivery } from "./delivery.js";
import type { Feed, Refused } from "./feed.js";
import { entryAt, senderOf } from "./history.js";
import type { HomeDevice } from "./home-user.js";
import { canSee, nextVisible, previousVisible } from "./membership.js";
import { type Parked, ParkedEntries } from "./parked.js";
import type { Questions } from "./questions.js";
import type { Shard } from "./shard.js";
import type { DeadLetter, SessionStore } from "./store.js";
import type { Ticks } from "./ticks.js";

export interface ParkingDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly shards: readonly Shard[];
  readonly delivery: Delivery;
  readonly ticks: Ticks;
  readonly questions: Questions;
  readonly touched: (shard: Shard) => void;
}

/** What a device answered to a replay. */
export type ReplayAnswer = "replaced" | "refused";

/**
 * Entries that a device cannot process. One that was refused several times is parked for this device: that becomes durable,
 * then a placeholder comes in its place and the rest flows.
 */
export class Parking {
  /** Told of what a device answers to a replay. */
  answered: (parked: Parked, answer: ReplayAnswer) => boolean = () => false;

  constructor(readonly deps: ParkingDeps) {}

  /** The device cannot process the entry at `seq`. Says that it has all before it, too. */
  nack(conversation: Conversation, device: HomeDevice, seq: number, reason: number): void {
    const parked = conversation.parked?.get(device.id, seq);
    if (parked !== undefined) return this.#refusedAgain(conversation, parked, reasonOf(reason));
    const member = conversation.memberOf(device.user);
    const feed = conversation.feeds.get(device.id);
    if (member === undefined || feed?.device !== device) return;
    if (seq > feed.sent || !canSee(member, seq)) return;
    const before = previousVisible(member, seq);
    if (before > feed.acked) this.deps.delivery.acknowledge(conversation, device, before);
    if (feed.paused || nextVisible(member, feed.acked) !== seq) return;
    this.#refused(feed, member, seq, reasonOf(reason));
  }

  #refused(feed: Feed, member: OwnedMember, seq: number, reason: NackReason): void {
    const { clock, delivery } = this.deps;
    if (feed.refused?.seq !== seq) {
      feed.refused = { seq, firstAtUnixMs: clock.wallMs(), nacks: 0 };
    }
    const { refused } = feed;
    const last = ++refused.nacks >= limits.nacksMax;
    // Whether its author was told of it already decides whether he may be told that it did not arrive.
    const known = member.known || feed.conversation.cursors?.known === true;
    const { live } = feed.device;
    if (!known && live !== undefined) {
      this.deps.questions.askCursors(feed.conversation, member, live);
    }
    if (last && known) {
      // In vain for now, it is tried again with the next refusal.
      feed.pause(limits.probeMaxMs, clock.nowMs());
      void this.#park(feed, member, refused, reason);
    } else {
      feed.pause(limits.nackRetryMs, clock.nowMs());
    }
    delivery.fill(feed);
  }

  async #park(
    feed: Feed,
    member: OwnedMember,
    refused: Refused,
    reason: NackReason,
  ): Promise<void> {
    const { conversation, device } = feed;
    const { seq, nacks, firstAtUnixMs } = refused;
    const entry = await entryAt(this.deps, conversation, seq);
    const shard = this.deps.shards[conversation.shard] as Shard;
    if (entry === undefined || feed.gone || feed.refused !== refused || !shard.owned) return;
    conversation.parked ??= new ParkedEntries();
    const { parked } = conversation;
    const { user } = member;
    if (parked.size >= limits.parkedMax || parked.countOf(user) >= limits.parkedPerUserMax) {
      const what = "no further entry can be parked there: a device waits";
      return this.deps.log.warn({ shard: shard.id, parked: parked.size }, what);
    }
    const letter: Parked = {
      conversation: conversation.id,
      seq,
      device: device.id,
      user,
      sender: senderOf(entry),
      reason,
      nacks,
      firstAtUnixMs,
      lastAtUnixMs: this.deps.clock.wallMs(),
      unseen: Math.max(member.delivered, member.confirmedDelivered) < seq,
      durable: false,
    };
    parked.put(letter);
    this.#note(shard, conversation, letter, () => {
      letter.durable = true;
      feed.goOn(this.deps.clock.nowMs());
      if (!feed.gone) this.deps.delivery.fill(feed);
    });
    this.deps.log.warn(
      { shard: shard.id, reason: NackReason[reason], nacks },
      "an entry is parked",
    );
  }

  #note(shard: Shard, conversation: Conversation, parked: Parked, durable: () => void): void {
    const { durable: _, ...letter } = parked;
    shard.note(conversation, { kind: "parked", letter: letter satisfies DeadLetter }, durable);
    this.deps.touched(shard);
  }

  /** News only as the answer to a replay: else it was on its way before the placeholder was. */
  #refusedAgain(conversation: Conversation, parked: Parked, reason: NackReason): void {
    const shard = this.deps.shards[conversation.shard] as Shard;
    if (!parked.durable || !shard.owned || !this.answered(parked, "refused")) return;
    const lastAtUnixMs = this.deps.clock.wallMs();
    const again = { ...parked, reason, nacks: parked.nacks + 1, lastAtUnixMs };
    conversation.parked?.put(again);
    this.#note(shard, conversation, again, () => {});
  }

  /** The device shows the entry in place of the placeholder. */
  replaced(conversation: Conversation, device: HomeDevice, seq: number): void {
    const parked = conversation.parked?.get(device.id, seq);
    const shard = this.deps.shards[conversation.shard] as Shard;
    if (!parked?.durable || !shard.owned) return;
    const key = { conversation: conversation.id, seq, device: device.id };
    shard.note(conversation, { kind: "replaced", ...key }, () => {
      conversation.parked?.remove(parked);
      this.answered(parked, "replaced");
      const author = conversation.member(parked.sender);
      if (parked.unseen && author !== undefined) this.#retell(conversation, author);
    });
    this.deps.touched(shard);
  }

  #retell(conversation: Conversation, author: OwnedMember): void {
    if (this.deps.ticks.retell(conversation, author)) return;
    for (const { live } of author.home.devices) {
      if (live !== undefined) this.deps.questions.askCursors(conversation, author, live);
    }
  }
}

function reasonOf(reason: number): NackReason {
  return reason === NackReason.UNDECODABLE ? NackReason.UNDECODABLE : NackReason.APPLICATION;
}
