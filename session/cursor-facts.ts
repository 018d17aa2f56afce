import type { WireReader } from "../lib/wire/reader.js";
import type { CursorMinimum } from "./conversation.js";

/** What receipts says of a conversation: in Confirmed about one user, in Cursors about whoever was asked for. */
export class CursorFacts {
  request = 0;
  conversation = "";
  user = "";
  delivered = 0;
  read = 0;
  deliveredMinimum: CursorMinimum = noMinimum();
  readMinimum: CursorMinimum = noMinimum();
  /** Of a group: everybody's. */
  readonly users: UserCursor[] = [];
}

export interface UserCursor {
  user: string;
  delivered: number;
  read: number;
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
    else if (body.field === 7) facts.users.push(readUser(inner.enter(body)));
  }
  return facts;
}

function readUser(body: WireReader): UserCursor {
  const cursor = { user: "", delivered: 0, read: 0 };
  while (body.next()) {
    if (body.field === 1) cursor.user = body.ascii();
    else if (body.field === 2) cursor.delivered = body.uint();
    else if (body.field === 3) cursor.read = body.uint();
  }
  return cursor;
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
