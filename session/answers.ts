import type { FailReason } from "../gen/chat/client/v1/history.js";
import type { RejectReason } from "../gen/chat/client/v1/messages.js";
import type { WireWriter } from "../lib/wire/writer.js";
import type { Conversation } from "./conversation.js";
import type { Connection } from "./home-user.js";
import { arm, open, sendTo } from "./outgoing.js";
import type { Interval } from "./store.js";

/** The answers to one connection that are not deliveries. Fields in ascending order, as the contract numbers them. */

/** A piece of a buffer. */
export interface Bytes {
  readonly buf: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface SentFields {
  readonly clientMessageId: Bytes;
  readonly seq: number;
  readonly after: number;
  readonly atUnixMs: number;
}

export function answerSent(to: Connection, conversation: Conversation, fields: SentFields): void {
  const out = open(to, arm.sent, 96);
  if (out === undefined) return;
  const { buf, start, end } = fields.clientMessageId;
  out.encoded(conversation.encodedId);
  out.bytes(2, buf, start, end);
  out.uint(3, fields.seq);
  out.uint(4, fields.after);
  out.uint(5, fields.atUnixMs);
  sendTo(to, out);
}

/** Which send an answer is about. */
export interface SendKey {
  readonly conversation: string;
  readonly clientMessageId: string;
  readonly number: number;
}

export function answerRejected(
  to: Connection,
  key: SendKey,
  reason: RejectReason,
  free: boolean,
): void {
  const out = open(to, arm.rejected, 96);
  if (out === undefined) return;
  out.ascii(1, key.conversation);
  out.ascii(2, key.clientMessageId);
  out.uint(3, key.number);
  out.uint(4, reason);
  out.bool(5, free);
  sendTo(to, out);
}

export function answerConflict(to: Connection, key: SendKey): void {
  const out = open(to, arm.conflict, 96);
  if (out === undefined) return;
  out.ascii(1, key.conversation);
  out.ascii(2, key.clientMessageId);
  out.uint(3, key.number);
  sendTo(to, out);
}

export function answerOutOfOrder(to: Connection, conversation: string, expected: number): void {
  const out = open(to, arm.outOfOrder, 48);
  if (out === undefined) return;
  out.ascii(1, conversation);
  out.uint(2, expected);
  sendTo(to, out);
}

export function answerBusy(
  to: Connection,
  conversation: string,
  clientMessageId: string,
  retryAfterMs: number,
): void {
  const out = open(to, arm.busy, 96);
  if (out === undefined) return;
  out.ascii(1, conversation);
  out.ascii(2, clientMessageId);
  out.uint(3, retryAfterMs);
  sendTo(to, out);
}

export function answerFailed(
  to: Connection,
  request: number,
  reason: FailReason,
  retryAfterMs = 0,
): void {
  const out = open(to, arm.failed, 24);
  if (out === undefined) return;
  out.uint(1, request);
  out.uint(2, reason);
  out.uint(3, retryAfterMs);
  sendTo(to, out);
}

export interface ReceiptFields {
  readonly delivered: number;
  readonly read: number;
  readonly ownRead: number;
  readonly except: readonly number[];
  readonly exceptRanges: readonly Interval[];
  readonly unreadRanges: readonly Interval[];
  readonly settledVersion: number;
}

/** Receipts give way before messages do: without room they are dropped, and pulled later. */
export function answerReceipt(
  to: Connection,
  conversation: Conversation,
  fields: ReceiptFields,
): void {
  const { except, exceptRanges, unreadRanges } = fields;
  const size = 64 + 10 * except.length + 24 * (exceptRanges.length + unreadRanges.length);
  const out = open(to, arm.receipt, size, 3);
  if (out === undefined) return;
  out.encoded(conversation.encodedId);
  out.uint(2, fields.delivered);
  out.uint(3, fields.read);
  out.uint(4, fields.ownRead);
  if (except.length > 0) out.packed(5, except);
  for (const range of exceptRanges) writeRange(out, 6, range);
  out.uint(7, fields.settledVersion);
  for (const range of unreadRanges) writeRange(out, 8, range);
  sendTo(to, out);
}

function writeRange(out: WireWriter, field: number, { from, through }: Interval): void {
  out.open(field, 20);
  out.uint(1, from);
  out.uint(2, through);
  out.close();
}

export function answerCaughtUp(to: Connection, token: number, pending: number): void {
  const out = open(to, arm.caughtUp, 24);
  if (out === undefined) return;
  out.uint(1, token);
  out.uint(2, pending);
  sendTo(to, out);
}

export function answerLastNumber(
  to: Connection,
  request: number,
  conversation: string,
  number: number,
): void {
  const out = open(to, arm.lastNumber, 64);
  if (out === undefined) return;
  out.uint(1, request);
  out.ascii(2, conversation);
  out.uint(3, number);
  sendTo(to, out);
}
