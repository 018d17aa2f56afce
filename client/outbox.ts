import type { Effects } from "./effects.js";
import type { ConversationRecord, OutboxItem } from "./store.js";
import { bounds, timings } from "./timings.js";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The unanswered sends of one conversation, in order. Pure: time comes in as an argument.
 *
 * `next` is the place of the first item that has to go out (again) on this connection: a repeat
 * only moves it back, as in go-back-N. Numbers are given at the first transmission, gapless; those
 * of unanswered sends lie within a range of 16, the depth of the server's exact dedup.
 */
export class Outbox {
  /** When the user sent those of this run of the client, by the monotonic clock. */
  private readonly addedMs = new WeakMap<OutboxItem, number>();
  private next = 0;
  private holdUntil = 0;
  private retryAt = NEVER;
  private retryMs: number = timings.resendMs;
  /** The last rewind that OutOfOrder caused, or that a renumbering made needless. */
  private rewound = { number: 0, at: 0 };

  constructor(
    private readonly record: ConversationRecord,
    private readonly items: OutboxItem[],
  ) {}

  get size(): number {
    return this.items.length;
  }

  has(clientMessageId: string): boolean {
    return this.items.some((item) => item.clientMessageId === clientMessageId);
  }

  list(): readonly OutboxItem[] {
    return this.items;
  }

  add(item: Omit<OutboxItem, "order" | "number">, now: number, effects: Effects): void {
    const order = (this.items.at(-1)?.order ?? 0) + 1;
    const full = { ...item, order, number: 0 };
    this.items.push(full);
    this.addedMs.set(full, now);
    effects.write({ kind: "outbox-put", item: { ...full } });
  }

  /** A new connection: everything unanswered goes out again. */
  attach(): void {
    this.next = 0;
    this.holdUntil = 0;
    this.retryAt = NEVER;
    this.retryMs = timings.resendMs;
    this.rewound = { number: 0, at: 0 };
  }

  /** Takes the message with this key out: it got its final answer. */
  settle(clientMessageId: string, now: number, effects: Effects): OutboxItem | undefined {
    const index = this.items.findIndex((item) => item.clientMessageId === clientMessageId);
    const item = this.items[index];
    if (item === undefined) return undefined;
    this.remove(index, now, effects);
    this.record.finalNumber = Math.max(this.record.finalNumber, item.number);
    return item;
  }

  /** As settle, but the number was not used up: those behind move down by one and go out again. */
  settleFree(clientMessageId: string, now: number, effects: Effects): OutboxItem | undefined {
    const index = this.items.findIndex((item) => item.clientMessageId === clientMessageId);
    const item = this.items[index];
    if (item === undefined) return undefined;
    this.remove(index, now, effects);
    if (item.number === 0) return item;
    for (const later of this.items.slice(index)) {
      if (later.number === 0) break;
      later.number--;
      effects.write({ kind: "outbox-put", item: { ...later } });
    }
    this.record.lastNumber--;
    this.record.finalNumber = Math.min(this.record.finalNumber, this.record.lastNumber);
    this.next = Math.min(this.next, index);
    this.rewound = { number: item.number, at: now };
    return item;
  }

  outOfOrder(expected: number, now: number): void {
    if (expected <= this.record.finalNumber) return;
    const again = expected === this.rewound.number && now - this.rewound.at < timings.rewindQuietMs;
    const index = this.items.findIndex((item) => item.number === expected);
    if (again || index < 0) return;
    this.rewound = { number: expected, at: now };
    this.next = Math.min(this.next, index);
  }

  busy(clientMessageId: string, retryAfterMs: number, now: number): void {
    const index = this.items.findIndex((item) => item.clientMessageId === clientMessageId);
    if (index < 0) return;
    const delay = Math.min(Math.max(retryAfterMs, 50), timings.resendMaxMs);
    this.holdUntil = Math.max(this.holdUntil, now + delay);
    this.next = Math.min(this.next, index);
  }

  /** Gives the sends that are due now to `transmit`, `automatic` for what the user did not do just now. True when it gave one. */
  flush(
    now: number,
    effects: Effects,
    transmit: (item: OutboxItem, automatic: boolean) => void,
  ): boolean {
    if (now >= this.retryAt) {
      this.next = 0;
      this.retryMs = Math.min(this.retryMs * 2, timings.resendMaxMs);
      this.retryAt = NEVER;
    }
    if (now < this.holdUntil) return false;
    let sent = false;
    for (let item = this.items[this.next]; item !== undefined; item = this.items[this.next]) {
      const again = item.number > 0;
      if (!again && !this.giveNumber(item, effects)) break;
      transmit(item, again || this.hasWaited(item, now));
      this.next++;
      sent = true;
    }
    if (sent) this.retryAt = now + this.retryMs;
    return sent;
  }

  /** When flush has something to do; may lie in the past. */
  dueAt(): number {
    const item = this.items[this.next];
    if (item !== undefined && (item.number > 0 || this.mayNumber())) return this.holdUntil;
    return this.next > 0 ? this.retryAt : NEVER;
  }

  /** What waited for long, or since an earlier run of the client, is no sign of the user when it goes out. */
  private hasWaited(item: OutboxItem, now: number): boolean {
    const addedMs = this.addedMs.get(item);
    return addedMs === undefined || now - addedMs > timings.foregroundMs;
  }

  private mayNumber(): boolean {
    const lowest = this.items[0]?.number || this.record.lastNumber + 1;
    return (
      this.record.lastNumber + 1 - lowest < bounds.sendsInFlightMax &&
      this.record.ahead.length < bounds.aheadMax
    );
  }

  private giveNumber(item: OutboxItem, effects: Effects): boolean {
    if (!this.mayNumber()) return false;
    item.number = ++this.record.lastNumber;
    effects.write({ kind: "outbox-put", item: { ...item } });
    return true;
  }

  private remove(index: number, now: number, effects: Effects): void {
    const [item] = this.items.splice(index, 1) as [OutboxItem];
    effects.write({
      kind: "outbox-remove",
      conversation: item.conversation,
      order: item.order,
    });
    if (index < this.next) this.next--;
    this.retryMs = timings.resendMs;
    this.retryAt = this.next > 0 ? now + this.retryMs : NEVER;
  }
}
