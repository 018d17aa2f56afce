import type { WireReader } from "../lib/wire/reader.js";
import type { Advances } from "./advances.js";
import { answerReceipt } from "./answers.js";
import {
  type Conversation,
  type CursorMinimum,
  type OwnedMember,
  tickFor,
} from "./conversation.js";
import type { Feed } from "./feed.js";
import type { Connection, HomeUser } from "./home-user.js";

/** What receipts says of a conversation: in Confirmed about one user, in Cursors about whoever was asked for. */
export class CursorFacts {
  request = 0;
  conversation = "";
  user = "";
  delivered = 0;
  read = 0;
  deliveredMinimum: CursorMinimum = noMinimum();
  readMinimum: CursorMinimum = noMinimum();
}

/** Reads Confirmed (arm 2) or Cursors (arm 3): they differ in one field. */
export function readCursorFacts(arm: number, body: WireReader, inner: WireReader): CursorFacts {
  const facts = new CursorFacts();
  const shift = arm === 2 ? 0 : 1;
  while (body.next()) {
    const field = body.field - shift;
    if (field === 0) facts.request = body.uint();
    else if (field === 1) facts.conversation = body.ascii();
    else if (arm === 2 && field === 2) facts.user = body.ascii();
    else if (body.field === 3) facts.delivered = body.uint();
    else if (body.field === 4) facts.read = body.uint();
    else if (body.field === 5) facts.deliveredMinimum = readMinimum(inner.enter(body));
    else if (body.field === 6) facts.readMinimum = readMinimum(inner.enter(body));
  }
  return facts;
}

function readMinimum(body: WireReader): CursorMinimum {
  const minimum = noMinimum();
  while (body.next()) {
    if (body.field === 1) minimum.lowest = body.uint();
    else if (body.field === 2) minimum.lowestUser = body.ascii();
    else if (body.field === 3) minimum.withoutLowest = body.uint();
  }
  return minimum;
}

function noMinimum(): CursorMinimum {
  return { lowest: 0, lowestUser: "", withoutLowest: 0 };
}

/** Turns durable cursors into what authors and readers are told. */
export class Ticks {
  constructor(
    readonly advances: Advances,
    /** The cursor of this feed is to be stored again: it is stored as unconfirmed. */
    readonly storeAgain: (feed: Feed) => void,
  ) {}

  /** Cursors of `user` are durable: the authors he lagged behind for and his own devices learn of it. */
  confirmed(conversation: Conversation, user: string, facts: CursorFacts): void {
    const member = conversation.member(user);
    if (member === undefined) return;
    keepMinimum(conversation, facts);
    const readRose = facts.read > member.confirmedRead;
    keepConfirmed(member, facts);
    this.advances.confirmed(conversation, member);
    for (const feed of conversation.feeds.values()) {
      if (feed.unconfirmed && feed.device.user === member.home) {
        feed.unconfirmed = false;
        this.storeAgain(feed);
      }
    }
    for (const other of conversation.members) {
      if (other === member) {
        if (readRose) pushToDevices(conversation, other, other.home);
      } else if (tickRises(conversation, other)) {
        pushToDevices(conversation, other, other.home);
      }
    }
  }

  /** Receipts answered a question about `user`. */
  learned(conversation: Conversation, user: string, facts: CursorFacts): void {
    keepMinimum(conversation, facts);
    const member = conversation.member(user);
    if (member !== undefined) keepConfirmed(member, facts);
  }

  /** Answers with what is known to be durable; false when nothing is known yet. */
  tell(conversation: Conversation, member: OwnedMember, to: Connection): boolean {
    if (conversation.minimum === undefined) return false;
    answerReceipt(to, conversation, receiptOf(conversation, member));
    return true;
  }
}

function keepConfirmed(member: OwnedMember, facts: CursorFacts): void {
  member.confirmedDelivered = Math.max(member.confirmedDelivered, facts.delivered);
  member.confirmedRead = Math.max(member.confirmedRead, facts.read);
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
  const { minimum } = conversation;
  if (minimum === undefined) return false;
  const delivered = tickFor(author.user, minimum.delivered);
  const read = tickFor(author.user, minimum.read);
  return (
    (delivered > author.tickDelivered && author.tickDelivered < author.lastOwn) ||
    (read > author.tickRead && author.tickRead < author.lastOwn)
  );
}

function receiptOf(conversation: Conversation, member: OwnedMember) {
  const { minimum } = conversation;
  return {
    delivered: minimum === undefined ? 0 : tickFor(member.user, minimum.delivered),
    read: minimum === undefined ? 0 : tickFor(member.user, minimum.read),
    ownRead: member.confirmedRead,
  };
}

function pushToDevices(conversation: Conversation, member: OwnedMember, home: HomeUser): void {
  const receipt = receiptOf(conversation, member);
  member.tickDelivered = Math.max(member.tickDelivered, receipt.delivered);
  member.tickRead = Math.max(member.tickRead, receipt.read);
  for (const device of home.devices) {
    if (device.live !== undefined) answerReceipt(device.live, conversation, receipt);
  }
}
