import type { Base, Deliver } from "../gen/chat/client/v1/delivery.js";
import type { GroupChange } from "../gen/chat/client/v1/groups.js";
import {
  type Busy,
  type Entry,
  type Rejected,
  RejectReason,
  type Sent,
} from "../gen/chat/client/v1/messages.js";
import type { Receipt } from "../gen/chat/client/v1/receipts.js";
import type { Effects } from "./effects.js";
import type { RejectedReason } from "./events.js";
import { Gap } from "./gap.js";
import { Outbox } from "./outbox.js";
import type { ConversationRecord, OutboxItem, StoredMessage } from "./store.js";
import { timings } from "./timings.js";

const NEVER = Number.POSITIVE_INFINITY;

const REASONS: Partial<Record<RejectReason, RejectedReason>> = {
  [RejectReason.INVALID]: "INVALID",
  [RejectReason.CONTENT]: "CONTENT",
  [RejectReason.NOT_FOUND]: "NOT_FOUND",
  [RejectReason.NOT_ALLOWED]: "NOT_ALLOWED",
};

/**
 * One conversation on one device, as a pure state machine: frames and wishes of the user come in,
 * writes and events go out at once, and `flush` sends every frame that is due. The rules are those
 * at the head of frames.proto.
 */
export class Conversation {
  readonly outbox: Outbox;
  private readonly gap = new Gap();
  private online = false;
  private changed = false;
  /** Highest seq acknowledged in this process. */
  private acked = 0;
  private ackAt = NEVER;
  private readAt = NEVER;
  private readAgain = false;
  /** Highest seq dropped while the bases were not known. */
  private held = 0;

  constructor(
    readonly record: ConversationRecord,
    items: OutboxItem[],
    private readonly me: string,
  ) {
    for (const item of items) record.lastNumber = Math.max(record.lastNumber, item.number);
    this.outbox = new Outbox(record, items);
  }

  get id(): string {
    return this.record.conversation;
  }

  /** A new connection is up. */
  attach(now: number): void {
    this.online = true;
    this.outbox.attach();
    this.gap.close();
    this.ackAt = this.acked > 0 && this.acked < this.record.last ? now : NEVER;
    this.readAgain = true;
    this.readAt = this.readMissing() ? now : NEVER;
  }

  detach(): void {
    this.online = false;
  }

  /** `holdGaps`: this new device does not know its bases yet, so a gap means nothing. */
  deliver(deliver: Deliver, now: number, effects: Effects, holdGaps = false): void {
    const { entry, after } = deliver;
    if (entry === undefined || entry.seq < 1 || after >= entry.seq) return;
    const { last } = this.record;
    if (entry.seq > last && after > last) {
      if (holdGaps) this.held = Math.max(this.held, entry.seq);
      else this.gap.seen(after, now);
      return;
    }
    this.ackAt = now;
    const isNew = entry.seq > last && !this.record.ahead.some((own) => own.seq === entry.seq);
    if (entry.change !== undefined) {
      if (isNew) this.changedGroup(entry, entry.change, effects);
      if (entry.seq > last) this.advance(entry.seq, now);
      return;
    }
    const own = entry.sender === this.me;
    const text = entry.content?.kind?.value.text;
    const { seq, sender, clientMessageId, atUnixMs } = entry;
    const message = { conversation: this.id, seq, sender, clientMessageId, atUnixMs, text };
    const settled = own && this.settleSent(message, now, effects);
    if (entry.seq > last) this.advance(entry.seq, now);
    if (!isNew || settled) return;
    this.store(message, own, effects);
    effects.emit({ name: "message", value: { ...message, own } });
  }

  sent(sent: Sent, now: number, effects: Effects): void {
    const { seq, after, clientMessageId, atUnixMs } = sent;
    if (seq < 1 || after >= seq) return;
    const { record } = this;
    const message = { conversation: this.id, seq, sender: this.me, clientMessageId, atUnixMs };
    const settled = this.settleSent({ ...message, text: undefined }, now, effects);
    if (seq <= record.last) return;
    const known = record.ahead.some((own) => own.seq === seq);
    // An entry we never stored must come by Deliver, or it would not be shown at all.
    if (!settled && !known) return;
    if (after > record.last) {
      if (!known) record.ahead.push({ seq, after });
      this.changed = true;
      return;
    }
    this.advance(seq, now);
    this.ackAt = Math.min(this.ackAt, now + timings.ackDelayMs);
  }

  rejected(rejected: Rejected, now: number, effects: Effects): void {
    const { clientMessageId, free } = rejected;
    const item = free
      ? this.outbox.settleFree(clientMessageId, now, effects)
      : this.outbox.settle(clientMessageId, now, effects);
    this.refuse(item, REASONS[rejected.reason] ?? "OTHER", effects);
  }

  conflict(clientMessageId: string, now: number, effects: Effects): void {
    this.refuse(this.outbox.settle(clientMessageId, now, effects), "CONFLICT", effects);
  }

  outOfOrder(expected: number, now: number): void {
    this.outbox.outOfOrder(expected, now);
  }

  busy(busy: Busy, now: number): void {
    this.outbox.busy(busy.clientMessageId, busy.retryAfterMs, now);
  }

  receipt(receipt: Receipt, effects: Effects): void {
    const { record } = this;
    const { delivered, peerRead, ownRead } = record;
    record.delivered = Math.max(delivered, receipt.delivered);
    record.peerRead = Math.max(peerRead, receipt.read);
    record.ownRead = Math.max(ownRead, receipt.ownRead);
    record.read = Math.max(record.read, record.ownRead);
    if (!this.readMissing()) this.readAt = NEVER;
    if (record.delivered > delivered || record.peerRead > peerRead) {
      this.changed = true;
      const value = { conversation: this.id, delivered: record.delivered, read: record.peerRead };
      effects.emit({ name: "tick", value });
    }
    if (record.ownRead > ownRead) {
      this.changed = true;
      effects.emit({ name: "ownRead", value: { conversation: this.id, seq: record.ownRead } });
    }
  }

  base(base: Base, now: number): void {
    if (base.seq > this.record.last) this.advance(base.seq, now);
  }

  /** The bases of this new device are known: what was dropped before and lies above is missing. */
  basesStored(now: number): void {
    if (this.held > this.record.last) this.gap.seen(this.held - 1, now);
    this.held = 0;
  }

  /** Keeps a message to be sent; it goes out with the next flush when there is a connection. */
  enqueue(item: Omit<OutboxItem, "order" | "number">, effects: Effects): void {
    this.outbox.add(item, effects);
  }

  /** The user has read up to `seq`; what is not stored cannot have been read. */
  markRead(seq: number, now: number): void {
    const read = Math.min(seq, this.record.last);
    if (read <= this.record.read) return;
    this.record.read = read;
    this.changed = true;
    this.readAgain = false;
    if (this.online) this.readAt = now;
  }

  /** Whether the newest own message lacks its last tick, or something here is unread. */
  wantsPull(): boolean {
    const { record } = this;
    return record.newestOwn > record.peerRead || record.newestForeign > record.ownRead;
  }

  /** Does all that is due: the one place where frames are made. */
  flush(now: number, effects: Effects): void {
    if (this.online) this.sendDue(now, effects);
    if (!this.changed) return;
    this.changed = false;
    const ahead = this.record.ahead.map((own) => ({ ...own }));
    effects.write({ kind: "conversation", record: { ...this.record, ahead } });
  }

  /** When flush has something to send; infinite when nothing is planned. */
  dueAt(): number {
    if (!this.online) return NEVER;
    return Math.min(this.outbox.dueAt(), this.ackAt, this.readAt, this.gap.dueAt());
  }

  /** Makes a delayed acknowledgement due now: the client is about to close. */
  hurry(now: number): void {
    if (this.ackAt !== NEVER) this.ackAt = now;
  }

  private sendDue(now: number, effects: Effects): void {
    const conversation = this.id;
    const { last } = this.record;
    const sent = this.outbox.flush(now, effects, (item, automatic) => {
      this.changed = true;
      const content = { kind: { $case: "text" as const, value: { text: item.text } } };
      const { clientMessageId, number } = item;
      const value = { conversation, clientMessageId, number, content, acked: last, automatic };
      effects.send({ $case: "send", value });
    });
    if (sent || (this.ackAt <= now && last > 0)) {
      if (!sent) effects.send({ $case: "ack", value: { conversation, seq: last } });
      this.acked = last;
      this.ackAt = NEVER;
    }
    if (this.readAt <= now) {
      const value = { conversation, seq: this.record.read, automatic: this.readAgain };
      effects.send({ $case: "read", value });
      this.readAgain = true;
      this.readAt = now + timings.readRepeatMs;
    }
    if (this.gap.take(now)) effects.send({ $case: "resync", value: { conversation, last } });
  }

  /** An entry that is no message: it is neither unread nor has ticks. */
  private changedGroup(entry: Entry, change: GroupChange, effects: Effects): void {
    const { seq, sender, clientMessageId, atUnixMs } = entry;
    const where = { conversation: this.id, seq, sender, atUnixMs, change };
    effects.write({ kind: "message", message: { ...where, clientMessageId, text: undefined } });
    const event = { ...where, requestId: clientMessageId };
    const { kind, version } = change;
    const named = kind?.$case === "created" || kind?.$case === "renamed";
    const name = named ? kind.value.name : (this.record.group?.name ?? "");
    this.record.group = { version, name };
    this.changed = true;
    effects.emit({ name: "group", value: event });
  }

  /** Takes an own message that the server has out of the outbox, and stores it in the history. */
  private settleSent(message: StoredMessage, now: number, effects: Effects): boolean {
    const item = this.outbox.settle(message.clientMessageId, now, effects);
    if (item === undefined) return false;
    const { text } = item;
    this.store({ ...message, text }, true, effects);
    const { conversation, clientMessageId, seq, atUnixMs } = message;
    effects.emit({ name: "sent", value: { conversation, clientMessageId, text, seq, atUnixMs } });
    return true;
  }

  private store(message: StoredMessage, own: boolean, effects: Effects): void {
    const { record } = this;
    if (own) record.newestOwn = Math.max(record.newestOwn, message.seq);
    else record.newestForeign = Math.max(record.newestForeign, message.seq);
    this.changed = true;
    effects.write({ kind: "message", message });
  }

  /** Moves `last`, also over own entries beyond it that it has reached. */
  private advance(seq: number, now: number): void {
    const { record } = this;
    record.last = seq;
    record.ahead.sort((a, b) => a.seq - b.seq);
    for (const own of record.ahead) {
      if (own.seq > record.last && own.after <= record.last) record.last = own.seq;
    }
    record.ahead = record.ahead.filter((own) => own.seq > record.last);
    this.changed = true;
    this.gap.progress(record.last, now);
  }

  private refuse(item: OutboxItem | undefined, reason: RejectedReason, effects: Effects): void {
    if (item === undefined) return;
    this.changed = true;
    const { conversation, clientMessageId, text } = item;
    effects.emit({ name: "rejected", value: { conversation, clientMessageId, text, reason } });
  }

  private readMissing(): boolean {
    return this.record.read > this.record.ownRead;
  }
}
