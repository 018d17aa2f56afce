import { RejectReason } from "../gen/chat/client/v1/messages.js";
import type { Clock } from "../lib/clock.js";
import { WireWriter } from "../lib/wire/writer.js";
import {
  answerBusy,
  answerConflict,
  answerOutOfOrder,
  answerRejected,
  answerSent,
  type SendKey,
} from "./answers.js";
import { attentionRecord } from "./attention.js";
import type { CommandFields } from "./command.js";
import type { Conversation, OwnedMember, PendingRejection } from "./conversation.js";
import type { Connection } from "./home-user.js";
import { isCurrent, previousVisible } from "./membership.js";
import { contentOf, idOf, type SendItem, SendWindow } from "./sends.js";
import type { PendingSend, Shard } from "./shard.js";
import type { CommitRecord, Member } from "./store.js";

/** How long a client waits when a shard has no room or no owner. */
export const RETRY_MS = 1_000;

/** Takes sends in: dedup first, then membership, then a place in the shard's next commit. */
export class Sending {
  #entry = new WireWriter(4096);

  constructor(readonly clock: Clock) {}

  send(
    shard: Shard,
    conversation: Conversation,
    origin: Connection,
    fields: CommandFields,
    buf: Buffer,
  ): void {
    const { user, id: device } = origin.device;
    const member = conversation.memberOf(user);
    const known = conversation.windows.get(device);
    // Who never was a member is answered as if there were no such conversation, whatever number he chose.
    if (member === undefined && known === undefined) {
      return answerRejected(origin, keyOf(fields), RejectReason.NOT_FOUND, true);
    }
    const window = known ?? new SendWindow();
    const { contentStart, contentEnd, number } = fields;
    const id = idOf(buf, fields.idStart, fields.idEnd);
    const content = contentOf(buf, contentStart, contentEnd);
    const verdict = window.judge(number, id, content);
    switch (verdict.kind) {
      case "repeat":
        return this.#repeat(shard, conversation, origin, fields, verdict.item);
      case "conflict":
        return answerConflict(origin, keyOf(fields));
      case "gap":
        return answerOutOfOrder(origin, conversation.id, window.last + 1);
      case "old":
        return;
    }
    if (member === undefined) {
      return answerRejected(origin, keyOf(fields), RejectReason.NOT_FOUND, true);
    }
    if (!shard.owned || !shard.hasRoom || !conversation.hasRoom) {
      return answerBusy(origin, conversation.id, fields.clientMessageId, RETRY_MS);
    }
    if (member.muted || !isCurrent(member)) {
      const item = { id, content, seq: 0, at: reasonOf(conversation, member) };
      return this.#reject(shard, conversation, { origin, window, item, key: keyOf(fields) });
    }
    const send = this.#accept(conversation, member, origin, fields, buf);
    // First the group: to make room it may seal the one before, which stores the window without this send.
    shard.append(send, window, this.#opening(conversation, send.entry.seq));
    window.add({ id, content, seq: send.entry.seq, at: send.atUnixMs });
    conversation.windows.set(device, window);
  }

  #accept(
    conversation: Conversation,
    member: OwnedMember,
    origin: Connection,
    fields: CommandFields,
    buf: Buffer,
  ): PendingSend {
    const seq = ++conversation.pendingHead;
    const atUnixMs = this.clock.wallMs();
    const out = this.#entry;
    out.uint(1, seq);
    out.encoded(member.home.asSender);
    out.bytes(3, buf, fields.idStart, fields.idEnd);
    const idEnd = out.pos;
    out.uint(4, atUnixMs);
    out.bytes(5, buf, fields.contentStart, fields.contentEnd, true);
    conversation.activeMs = this.clock.nowMs();
    const entry = out.take();
    const idStart = idEnd - (fields.idEnd - fields.idStart);
    return {
      kind: "send",
      conversation,
      member,
      entry: { seq, entry },
      clientMessageId: { buf: entry, start: idStart, end: idEnd },
      number: fields.number,
      atUnixMs,
      device: origin.device.id,
      origin,
    };
  }

  /** What else becomes durable with the first entry, or with the first after quiet. */
  #opening(conversation: Conversation, seq: number): CommitRecord[] {
    if (conversation.open) return NONE;
    const records: CommitRecord[] = [];
    if (conversation.fresh) {
      const { id, version } = conversation;
      const members = conversation.members.map(plainMember);
      records.push({ kind: "members", conversation: id, version, members });
      conversation.fresh = false;
    }
    records.push(attentionRecord(conversation, true, seq));
    conversation.open = true;
    return records;
  }

  /** The send uses its number up and is told so when that is durable: a later copy of it gets the same answer. */
  #reject(shard: Shard, conversation: Conversation, { origin, window, item, key }: Refused): void {
    const name = rejectionKey(origin, item.id);
    const rejection: PendingRejection = { origin };
    conversation.rejecting ??= new Map();
    conversation.rejecting.set(name, rejection);
    const committed = () => {
      conversation.rejecting?.delete(name);
      answerRejected(rejection.origin, key, item.at, false);
    };
    const lost = () => {
      answerBusy(rejection.origin, key.conversation, key.clientMessageId, RETRY_MS);
    };
    const { device } = origin;
    // As with a send: first the group, then the window.
    shard.reject({ kind: "aside", conversation, committed, lost }, device.id, window);
    window.add(item);
    conversation.windows.set(device.id, window);
  }

  /** Seen before: the same outcome, at once or as soon as it is durable. */
  #repeat(
    shard: Shard,
    conversation: Conversation,
    origin: Connection,
    fields: CommandFields,
    item: SendItem,
  ): void {
    if (item.seq === 0) {
      const rejecting = conversation.rejecting?.get(rejectionKey(origin, item.id));
      if (rejecting !== undefined) rejecting.origin = origin;
      else answerRejected(origin, keyOf(fields), item.at, false);
      return;
    }
    if (item.seq > conversation.head) {
      const pending = shard.pendingAt(conversation, item.seq);
      if (pending !== undefined) pending.origin = origin;
      return;
    }
    const member = conversation.memberOf(origin.device.user);
    answerSent(origin, conversation, {
      clientMessageId: { buf: fields.buf, start: fields.idStart, end: fields.idEnd },
      seq: item.seq,
      after: member === undefined ? 0 : previousVisible(member, item.seq),
      atUnixMs: item.at,
    });
  }
}

const NONE: CommitRecord[] = [];

interface Refused {
  readonly origin: Connection;
  readonly window: SendWindow;
  readonly item: SendItem;
  readonly key: SendKey;
}

/** From a 1:1 nobody can be removed: who is no member now has blocked the other one. */
function reasonOf({ cursors }: Conversation, member: OwnedMember): RejectReason {
  if (cursors === undefined) return RejectReason.BLOCKED;
  return isCurrent(member) ? RejectReason.NOT_ALLOWED : RejectReason.NOT_A_MEMBER;
}

function rejectionKey(origin: Connection, id: number): string {
  return `${origin.device.id}/${id}`;
}

function keyOf(fields: CommandFields) {
  const { conversation, clientMessageId, number } = fields;
  return { conversation, clientMessageId, number };
}

export function plainMember({ user, intervals, muted, blockVersion }: OwnedMember): Member {
  return { user, intervals, ...(muted && { muted }), ...(blockVersion > 0 && { blockVersion }) };
}

/** The send is durable: ✓. */
export function confirmSend(send: PendingSend): void {
  answerSent(send.origin, send.conversation, {
    clientMessageId: send.clientMessageId,
    seq: send.entry.seq,
    after: previousVisible(send.member, send.entry.seq),
    atUnixMs: send.atUnixMs,
  });
}

/** It is not known whether the send is durable: the client asks again, and dedup tells. */
export function disownSend(send: PendingSend): void {
  const { buf, start, end } = send.clientMessageId;
  answerBusy(send.origin, send.conversation.id, buf.toString("latin1", start, end), RETRY_MS);
}
