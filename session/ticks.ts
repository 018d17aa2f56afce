import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Advances } from "./advances.js";
import { answerReceipt } from "./answers.js";
import type { Conversation, CursorMinimum, OwnedMember } from "./conversation.js";
import type { CursorFacts, UserCursor } from "./cursor-facts.js";
import type { Feed } from "./feed.js";
import type { GroupCursors } from "./group-cursors.js";
import type { Connection } from "./home-user.js";
import { countsFor, hiddenUpTo } from "./membership.js";
import type { Interval } from "./store.js";

export interface TicksDeps {
  readonly clock: Clock;
  readonly advances: Advances;
  /** The cursor of this feed is to be stored again: it is stored as unconfirmed. */
  readonly storeAgain: (feed: Feed) => void;
  /** Asks receipts for all cursors of a group. */
  readonly learn: (conversation: Conversation) => void;
}

/** Turns durable cursors into what authors and readers are told. */
export class Ticks {
  /** Conversations in which a tick may have risen since the last `flush`. */
  #moved = new Set<Conversation>();

  constructor(readonly deps: TicksDeps) {}

  /** Cursors of `user` are durable: his own devices learn of it, and with `flush` the authors he lagged behind for. */
  confirmed(conversation: Conversation, user: string, facts: CursorFacts): void {
    const member = conversation.member(user);
    if (member === undefined) return;
    const readRose = facts.read > member.confirmedRead;
    if (keepConfirmed(conversation, member, facts)) this.#moved.add(conversation);
    const { cursors } = conversation;
    if (cursors === undefined) {
      keepMinimum(conversation, facts);
      this.#moved.add(conversation);
    } else if (!isKnown(conversation)) {
      this.deps.learn(conversation);
      if (readRose) cursors.untold.add(member);
    }
    this.deps.advances.confirmed(conversation, member);
    if (cursors) heard(cursors);
    for (const device of member.home.devices) {
      const feed = conversation.feeds.get(device.id);
      if (feed?.unconfirmed) {
        feed.unconfirmed = false;
        this.deps.storeAgain(feed);
      }
    }
    if (readRose && (cursors === undefined || isKnown(conversation)))
      pushToDevices(conversation, member);
  }

  /** Receipts answered a question about `user`. */
  learned(conversation: Conversation, user: string, facts: CursorFacts): void {
    const { cursors } = conversation;
    if (cursors === undefined) {
      keepMinimum(conversation, facts);
      const member = conversation.member(user);
      if (member !== undefined) keepConfirmed(conversation, member, facts);
      return;
    }
    for (const of of facts.users) {
      const member = conversation.member(of.user);
      if (member !== undefined) keepConfirmed(conversation, member, of);
    }
    cursors.known = true;
    heard(cursors);
    tellWaiting(conversation);
    this.#moved.add(conversation);
  }

  /**
   * Waits until the ticks of a group are known, with what those who go have read last, so that they can be kept for those who lose the ones
   * that count; without receipts only for a moment, and once.
   */
  async known(conversation: Conversation, going: readonly string[]): Promise<void> {
    const { cursors } = conversation;
    if (cursors === undefined || cursors.late) return;
    const { advances, clock } = this.deps;
    const members = going.flatMap((user) => conversation.member(user) ?? []);
    if (members.some((member) => advances.holds(member))) advances.flushNow();
    const isKnown = () => cursors.known && !members.some((member) => advances.holds(member));
    if (isKnown()) return;
    if (!cursors.known) this.deps.learn(conversation);
    await new Promise<void>((resolve) => {
      const timer = clock.after(limits.ticksKnownMs, () => {
        cursors.late = true;
        done();
      });
      const done = () => {
        timer.cancel();
        cursors.waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (isKnown()) done();
      };
      cursors.waiting.add(look);
    });
  }

  /** Who counts in the group is another set now: without one who lagged behind, ticks rise. */
  membersChanged(conversation: Conversation): void {
    const { cursors, members, version } = conversation;
    cursors?.rebuild(members, version);
    if (cursors?.known === false) this.deps.learn(conversation);
    tellWaiting(conversation);
    this.#moved.add(conversation);
    this.flush();
  }

  /** Tells the authors. */
  flush(): void {
    if (this.#moved.size === 0) return;
    for (const conversation of this.#moved) {
      if (conversation.cursors && !isKnown(conversation)) continue;
      for (const member of conversation.members) {
        if (tickRises(conversation, member)) pushToDevices(conversation, member);
      }
    }
    this.#moved.clear();
  }

  /** For what messages of an author no tick is claimed has changed. False when his ticks are not known. */
  retell(conversation: Conversation, author: OwnedMember): boolean {
    if (!isKnown(conversation)) return false;
    pushToDevices(conversation, author);
    return true;
  }

  /** Answers with what is known to be durable; false when nothing is known yet. */
  tell(conversation: Conversation, member: OwnedMember, to: Connection): boolean {
    // Of a 1:1, the other member's cursors tell of all ticks, but not of this one's own read position.
    if (!isKnown(conversation) || !(member.known || conversation.cursors)) return false;
    answerReceipt(to, conversation, receiptOf(conversation, member));
    return true;
  }
}

/** Not while members change: who counts is in force with the commit, and until then it may be lost. */
function isKnown({ cursors, minimum, changing }: Conversation): boolean {
  if (cursors === undefined) return minimum !== undefined;
  return cursors.known && changing === undefined;
}

/** Receipts is there. */
function heard(cursors: GroupCursors): void {
  cursors.late = false;
  for (const look of cursors.waiting) look();
}

/** Who asked, or read, before the ticks were known. */
function tellWaiting(conversation: Conversation): void {
  const { cursors } = conversation;
  if (cursors === undefined || !isKnown(conversation)) return;
  for (const member of cursors.untold) pushToDevices(conversation, member);
  cursors.untold.clear();
}

/** True when it changes the minima of a group. */
function keepConfirmed(
  { cursors }: Conversation,
  member: OwnedMember,
  facts: Omit<UserCursor, "user">,
): boolean {
  const { confirmedDelivered, confirmedRead } = member;
  if (facts.delivered > confirmedDelivered) member.confirmedDelivered = facts.delivered;
  if (facts.read > confirmedRead) member.confirmedRead = facts.read;
  member.known = true;
  return cursors?.rose(member, confirmedDelivered, confirmedRead) ?? false;
}

function keepMinimum(conversation: Conversation, facts: CursorFacts): void {
  const known = conversation.minimum;
  if (known === undefined) {
    conversation.minimum = { delivered: facts.deliveredMinimum, read: facts.readMinimum };
    return;
  }
  if (isNewer(facts.deliveredMinimum, known.delivered)) known.delivered = facts.deliveredMinimum;
  if (isNewer(facts.readMinimum, known.read)) known.read = facts.readMinimum;
}

/** Cursors only rise, and with them both numbers: an answer that was overtaken has a lower one. */
function isNewer(fresh: CursorMinimum, known: CursorMinimum): boolean {
  return fresh.lowest >= known.lowest && fresh.withoutLowest >= known.withoutLowest;
}

/** Whether one of the author's own entries gets a tick it did not have when he was last told. */
function tickRises(conversation: Conversation, author: OwnedMember): boolean {
  const { tickDelivered, tickRead, lastOwn } = author;
  if (tickRead >= lastOwn && tickDelivered >= lastOwn) return false;
  const { delivered, read } = ticksOf(conversation, author);
  return (
    (delivered > tickDelivered && tickDelivered < lastOwn) ||
    (read > tickRead && tickRead < lastOwn)
  );
}

/** The minimum over all others. */
function ticksOf({ cursors, minimum, members }: Conversation, author: OwnedMember) {
  if (cursors !== undefined) return cursors.ticksOf(author);
  if (minimum === undefined) return { delivered: 0, read: 0 };
  const { user } = author;
  // Nobody is told of reads between two of whom one does not want it; what was told before stays.
  const read = hidesReads(members) ? author.tickRead : tickFor(user, minimum.read);
  return { delivered: tickFor(user, minimum.delivered), read };
}

function hidesReads(members: readonly OwnedMember[]): boolean {
  for (let i = 0; i < members.length; i++) if (members[i]?.home.hidesReads) return true;
  return false;
}

function tickFor(author: string, minimum: CursorMinimum): number {
  return author === minimum.lowestUser ? minimum.withoutLowest : minimum.lowest;
}

const NONE: readonly number[] = [];

export function exceptFor(conversation: Conversation, author: string): readonly number[] {
  const { parked, cursors } = conversation;
  if (parked === undefined) return NONE;
  return parked.exceptFor(author, (user, seq) => {
    const member = conversation.member(user);
    return member !== undefined && (cursors === undefined || countsFor(member, seq));
  });
}

const NO_HOLES: readonly Interval[] = [];

/**
 * In a group what nobody is left for who counts. In a 1:1 what the other one will never see, as he had blocked this author, but not what
 * lies above his cursor: while he blocks him he looks like one who is away.
 */
function holesFor({ cursors, members }: Conversation, author: OwnedMember, delivered: number) {
  if (cursors !== undefined) return author.claims.undelivered;
  const other = members[0] === author ? members[1] : members[0];
  if (other === undefined || other.blockVersion === 0) return NO_HOLES;
  return hiddenUpTo(other, delivered);
}

function receiptOf(conversation: Conversation, member: OwnedMember) {
  const { delivered, read } = ticksOf(conversation, member);
  const except = exceptFor(conversation, member.user);
  const exceptRanges = holesFor(conversation, member, delivered);
  const unreadRanges = member.claims.unread;
  const settledVersion = conversation.cursors?.settledFor(member) ?? 0;
  const ownRead = member.confirmedRead;
  return { delivered, read, ownRead, except, exceptRanges, unreadRanges, settledVersion };
}

function pushToDevices(conversation: Conversation, member: OwnedMember): void {
  const receipt = receiptOf(conversation, member);
  member.tickDelivered = Math.max(member.tickDelivered, receipt.delivered);
  member.tickRead = Math.max(member.tickRead, receipt.read);
  for (const device of member.home.devices) {
    if (device.live !== undefined) answerReceipt(device.live, conversation, receipt);
  }
}
