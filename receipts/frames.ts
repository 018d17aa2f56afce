import type { MemberReceipt } from "../gen/chat/client/v1/receipts.js";
import type { Link } from "../lib/link/link.js";
import { WireReader } from "../lib/wire/reader.js";
import type { WireWriter } from "../lib/wire/writer.js";
import type { Conversation, CursorQuestion } from "./conversation.js";
import { type Cursor, newCursor } from "./cursors.js";
import type { Minimum } from "./minimum.js";

/** Arms of AdvanceFrame. */
export const ADVANCE = 2;
export const CURSOR_QUERY = 3;
export const INFO_QUERY = 4;
/** Arms of ConfirmFrame. */
const CONFIRMED = 2;
const CURSORS = 3;
const INFO = 4;

/** How far a user is. */
export interface UserFields {
  user: string;
  delivered: number;
  read: number;
}

/** Fields of an Advance, to be reused: it is valid until the next one is read. */
export class AdvanceFields implements UserFields {
  conversation = "";
  head = 0;
  user = "";
  delivered = 0;
  read = 0;
  atMs = 0;
  /** In a group: so many of `users`. */
  count = 0;
  readonly users: UserFields[] = [];
  readonly #inner = new WireReader();

  decode(body: WireReader): this {
    this.conversation = this.user = "";
    this.head = this.delivered = this.read = this.atMs = this.count = 0;
    while (body.next()) {
      if (body.field === 1) this.conversation = body.ascii();
      else if (body.field === 2) this.head = body.uint();
      else if (body.field === 3) this.user = body.ascii();
      else if (body.field === 4) this.delivered = body.uint();
      else if (body.field === 5) this.read = body.uint();
      else if (body.field === 6) this.atMs = body.uint();
      else if (body.field === 7) this.#decodeUser(this.#inner.enter(body));
    }
    return this;
  }

  #decodeUser(body: WireReader): void {
    let fields = this.users[this.count];
    if (fields === undefined) {
      fields = { user: "", delivered: 0, read: 0 };
      this.users.push(fields);
    }
    this.count++;
    fields.user = "";
    fields.delivered = fields.read = 0;
    while (body.next()) {
      if (body.field === 1) fields.user = body.ascii();
      else if (body.field === 2) fields.delivered = body.uint();
      else if (body.field === 3) fields.read = body.uint();
    }
  }
}

export interface CursorQueryFields {
  request: number;
  conversation: string;
  head: number;
  user: string;
  members: string[];
}

export function decodeCursorQuery(body: WireReader): CursorQueryFields {
  const query: CursorQueryFields = {
    request: 0,
    conversation: "",
    head: 0,
    user: "",
    members: [],
  };
  while (body.next()) {
    if (body.field === 1) query.request = body.uint();
    else if (body.field === 2) query.conversation = body.ascii();
    else if (body.field === 3) query.head = body.uint();
    else if (body.field === 4) query.user = body.ascii();
    else if (body.field === 5) query.members.push(body.ascii());
  }
  return query;
}

export interface InfoQueryFields {
  request: number;
  conversation: string;
  head: number;
  seq: number;
  author: string;
  members: string[];
}

export function decodeInfoQuery(body: WireReader): InfoQueryFields {
  const query: InfoQueryFields = {
    request: 0,
    conversation: "",
    head: 0,
    seq: 0,
    author: "",
    members: [],
  };
  while (body.next()) {
    if (body.field === 1) query.request = body.uint();
    else if (body.field === 2) query.conversation = body.ascii();
    else if (body.field === 3) query.head = body.uint();
    else if (body.field === 4) query.seq = body.uint();
    else if (body.field === 5) query.author = body.ascii();
    else if (body.field === 6) query.members.push(body.ascii());
  }
  return query;
}

/** The minima of a conversation, taken once for all answers of a moment. */
export interface Minima {
  readonly delivered: Minimum | undefined;
  readonly read: Minimum | undefined;
}

export function minimaOf(conversation: Conversation): Minima {
  return { delivered: conversation.minimum("delivered"), read: conversation.minimum("read") };
}

/** All writers give false when the link does not take the frame. */
export function writeConfirmed(
  link: Link,
  conversation: Conversation,
  user: string,
  minima: Minima,
): boolean {
  const w = link.begin(CONFIRMED, 160);
  if (!w) return false;
  const cursor = conversation.cursors.get(user);
  w.ascii(1, conversation.id);
  w.ascii(2, user);
  w.uint(3, cursor?.delivered ?? 0);
  w.uint(4, cursor?.read ?? 0);
  writeMinimum(w, 5, minima.delivered);
  writeMinimum(w, 6, minima.read);
  link.end();
  return true;
}

/** In a group: of all these users at once. */
export function writeAllConfirmed(
  link: Link,
  conversation: Conversation,
  moves: readonly { readonly user: string }[],
): boolean {
  const w = link.begin(CONFIRMED, 40 + moves.length * 36);
  if (!w) return false;
  w.ascii(1, conversation.id);
  for (const { user } of moves) {
    writeUser(w, conversation.cursors.get(user) ?? newCursor(user));
  }
  link.end();
  return true;
}

export function writeCursors(
  question: CursorQuestion,
  conversation: Conversation,
  minima: Minima,
): boolean {
  const { link, members } = question;
  const w = link.begin(CURSORS, 150 + members.length * 32);
  if (!w) return false;
  const cursor = conversation.cursors.get(question.user);
  w.uint(1, question.request);
  w.ascii(2, conversation.id);
  w.uint(3, cursor?.delivered ?? 0);
  w.uint(4, cursor?.read ?? 0);
  writeMinimum(w, 5, minima.delivered);
  writeMinimum(w, 6, minima.read);
  for (const user of members) writeUser(w, conversation.cursors.get(user));
  link.end();
  return true;
}

function writeUser(w: WireWriter, cursor: Cursor | undefined): void {
  if (cursor === undefined) return;
  w.open(7, 40);
  w.ascii(1, cursor.user);
  w.uint(2, cursor.delivered);
  w.uint(3, cursor.read);
  w.close();
}

/** Without members: receipts is busy. */
export function writeInfo(
  link: Link,
  request: number,
  members: readonly MemberReceipt[] | undefined,
): boolean {
  const w = link.begin(INFO, 8 + (members?.length ?? 0) * 40);
  if (!w) return false;
  w.uint(1, request);
  for (const member of members ?? []) {
    w.open(2, 40);
    w.ascii(1, member.user);
    w.uint(2, member.deliveredAtUnixMs);
    w.uint(3, member.readAtUnixMs);
    w.close();
  }
  w.bool(3, members === undefined);
  link.end();
  return true;
}

function writeMinimum(w: WireWriter, field: number, minimum: Minimum | undefined): void {
  if (minimum === undefined) return;
  w.open(field, 30);
  w.uint(1, minimum.lowest);
  w.ascii(2, minimum.lowestUser);
  w.uint(3, minimum.withoutLowest);
  w.close();
}
