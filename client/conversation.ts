import type { Base, Deliver, Placeholder, Replace } from "../gen/chat/client/v1/delivery.js";
import { NackReason } from "../gen/chat/client/v1/delivery.js";
import type { GroupChange } from "../gen/chat/client/v1/groups.js";
import type { Failed } from "../gen/chat/client/v1/history.js";
import type { Busy, Entry, LastNumber, Rejected, Sent } from "../gen/chat/client/v1/messages.js";
import type { Receipt } from "../gen/chat/client/v1/receipts.js";
import type { Effects } from "./effects.js";
import type { RejectedReason } from "./events.js";
import { groupAfter } from "./group-name.js";
import { Intake, type Reader } from "./intake.js";
import { Outbox } from "./outbox.js";
import { Place } from "./place.js";
import { Reading } from "./reading.js";
import { rejectedReason } from "./rejections.js";
import { Sends } from "./sends.js";
import type { ConversationRecord, OutboxItem, StoredMessage } from "./store.js";
import { timings } from "./timings.js";
import type { Undecodable } from "./undecodable.js";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * One conversation on one device, as a pure state machine: frames and wishes of the user come in,
 * writes and events go out at once, and `flush` sends every frame that is due. The rules are those
 * at the head of frames.proto.
 */
export class Conversation {
  readonly outbox: Outbox;
  private readonly reading: Reading;
  private readonly intake: Intake;
  private readonly me: string;
  private readonly place: Place;
  private readonly sends: Sends;
  private online = false;
  private changed = false;
  /** Highest seq acknowledged in this process. */
  private acked = 0;
  private ackAt = NEVER;

  constructor(
    readonly record: ConversationRecord,
    items: OutboxItem[],
    reader: Reader,
  ) {
    for (const item of items) record.lastNumber = Math.max(record.lastNumber, item.number);
    this.outbox = new Outbox(record, items);
    this.sends = new Sends(record, this.outbox, reader.request);
    this.reading = new Reading(record);
    this.place = new Place(record);
    this.me = reader.me;
    this.intake = new Intake(record.conversation, reader);
  }

  get id(): string {
    return this.record.conversation;
  }

  /** A new connection is up. */
  attach(now: number): void {
    this.online = true;
    this.sends.attach();
    this.place.attach();
    this.ackAt = this.acked > 0 && this.acked < this.record.last ? now : NEVER;
    this.intake.attach();
    this.reading.attach(now);
  }

  detach(): void {
    this.online = false;
  }

  /** `holdGaps`: see Place. */
  deliver({ entry, after }: Deliver, now: number, effects: Effects, holdGaps = false): void {
    if (entry === undefined || !this.place.reaches(entry.seq, after, now, holdGaps)) return;
    const { seq } = entry;
    const isNew = seq > this.record.last && !this.place.isAhead(seq);
    if (entry.change !== undefined) {
      this.ackAt = now;
      if (isNew) this.changedGroup(entry, entry.change, effects);
      if (seq > this.record.last) this.advance(seq, now);
      return;
    }
    const message = this.intake.messageOf(entry);
    const own = this.intake.isOwn(message);
    if (
      isNew &&
      !(own && this.outbox.has(message.clientMessageId)) &&
      !this.intake.takes(message)
    ) {
      return;
    }
    this.ackAt = now;
    const settled = own && this.settleSent(message, now, effects);
    if (seq > this.record.last) this.advance(seq, now);
    if (!isNew || settled) return;
    this.store(message, own, effects);
    effects.emit({ name: "message", value: { ...message, own } });
  }

  /** The server has given up on an entry that this device refused. */
  placeholder(from: Placeholder, now: number, effects: Effects, holdGaps = false): void {
    const { seq, after, sender, clientMessageId, atUnixMs } = from;
    if (!this.place.reaches(seq, after, now, holdGaps)) return;
    this.ackAt = now;
    if (seq <= this.record.last) return;
    const { record } = this;
    const ahead = this.place.isAhead(seq);
    this.advance(seq, now);
    if (ahead) return;
    const own = this.intake.isOwn(from);
    const ids = { conversation: this.id, seq, sender, clientMessageId, atUnixMs };
    if (own && this.settleSent({ ...ids, text: undefined }, now, effects)) return;
    record.placeholders = [...record.placeholders, seq];
    const message = { ...ids, text: undefined, placeholder: true as const };
    this.store(message, own, effects);
    effects.emit({ name: "placeholder", value: { ...message, own } });
  }

  /** The entry behind a placeholder comes again. */
  replace({ entry }: Replace, effects: Effects): void {
    if (entry === undefined || entry.seq > this.record.last) return;
    const { seq } = entry;
    if (this.record.placeholders.includes(seq)) {
      const message = this.intake.messageOf(entry);
      if (entry.change === undefined && !this.intake.takes(message)) return;
      this.record.placeholders = this.record.placeholders.filter((other) => other !== seq);
      const own = this.intake.isOwn(message);
      if (entry.change !== undefined) this.changedGroup(entry, entry.change, effects);
      else {
        this.store(message, own, effects);
        effects.emit({ name: "replaced", value: { ...message, own } });
      }
    }
    this.intake.replaced(seq);
  }

  /** An entry came that the codec could not read. */
  undecodable({ seq, after }: Undecodable["value"], now: number, holdGaps = false): void {
    if (!this.place.reaches(seq, after, now, holdGaps)) return;
    const { last, placeholders } = this.record;
    if (seq > last || placeholders.includes(seq)) this.intake.refuse(seq, NackReason.UNDECODABLE);
    else this.ackAt = now;
  }

  sent(sent: Sent, now: number, effects: Effects): void {
    const { seq, after, clientMessageId, atUnixMs } = sent;
    if (seq < 1 || after >= seq) return;
    const { record } = this;
    const message = { conversation: this.id, seq, sender: this.me, clientMessageId, atUnixMs };
    const settled = this.settleSent({ ...message, text: undefined }, now, effects);
    if (seq <= record.last) return;
    const known = this.place.isAhead(seq);
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
    this.drop(item, rejectedReason(rejected.reason), effects);
  }

  conflict(clientMessageId: string, now: number, effects: Effects): void {
    this.drop(this.outbox.settle(clientMessageId, now, effects), "CONFLICT", effects);
  }

  outOfOrder(expected: number, now: number): void {
    this.outbox.outOfOrder(expected, now);
  }

  busy(busy: Busy, now: number): void {
    this.outbox.busy(busy.clientMessageId, busy.retryAfterMs, now);
  }

  receipt(receipt: Receipt, effects: Effects): void {
    if (this.reading.receipt(receipt, effects)) this.changed = true;
  }

  base(base: Base, now: number): void {
    this.sends.admit();
    if (base.seq > this.record.last) this.advance(base.seq, now);
  }

  basesStored(now: number): void {
    this.place.basesStored(now);
  }

  /** The answer to a question of some conversation's; true when it was this one's. */
  answer(answer: LastNumber | Failed, now: number, effects: Effects): boolean {
    const outcome = this.sends.answer(answer, now);
    if (outcome !== "refused") return outcome === "taken";
    for (const { clientMessageId } of [...this.outbox.list()]) {
      this.drop(this.outbox.settle(clientMessageId, now, effects), "NOT_FOUND", effects);
    }
    return true;
  }

  /** Keeps a message to be sent; it goes out with the next flush when there is a connection. */
  enqueue(item: Omit<OutboxItem, "order" | "number">, now: number, effects: Effects): void {
    this.outbox.add(item, now, effects);
  }

  /** The user has read up to `seq`. */
  markRead(seq: number, now: number, automatic = false): void {
    const { online } = this;
    if (this.reading.mark(seq, now, { online, automatic })) this.changed = true;
  }

  wantsPull(): boolean {
    return this.reading.wantsPull();
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
    if (this.intake.waiting) return 0;
    return Math.min(this.sends.dueAt(), this.ackAt, this.reading.dueAt(), this.place.dueAt());
  }

  /** Makes a delayed acknowledgement due now: the client is about to close. */
  hurry(now: number): void {
    if (this.ackAt !== NEVER) this.ackAt = now;
  }

  private sendDue(now: number, effects: Effects): void {
    const conversation = this.id;
    const { last } = this.record;
    const sent = this.sends.flush(now, effects);
    if (sent) this.changed = true;
    if (sent || (this.ackAt <= now && last > 0)) {
      if (!sent) effects.send({ $case: "ack", value: { conversation, seq: last } });
      this.acked = last;
      this.ackAt = NEVER;
    }
    this.intake.flush(effects);
    this.reading.flush(now, effects);
    if (this.place.takeGap(now)) effects.send({ $case: "resync", value: { conversation, last } });
  }

  /** An entry that is no message: it is neither unread nor has ticks. */
  private changedGroup(entry: Entry, change: GroupChange, effects: Effects): void {
    const { seq, sender, clientMessageId, atUnixMs } = entry;
    const where = { conversation: this.id, seq, sender, atUnixMs, change };
    effects.write({ kind: "message", message: { ...where, clientMessageId, text: undefined } });
    const event = { ...where, requestId: clientMessageId };
    this.record.group = groupAfter(this.record.group, change);
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

  private advance(seq: number, now: number): void {
    this.place.advance(seq, now);
    this.changed = true;
  }

  private drop(item: OutboxItem | undefined, reason: RejectedReason, effects: Effects): void {
    if (item === undefined) return;
    this.changed = true;
    const { conversation, clientMessageId, text } = item;
    effects.emit({ name: "rejected", value: { conversation, clientMessageId, text, reason } });
  }
}
