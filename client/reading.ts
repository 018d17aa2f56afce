import type { Receipt } from "../gen/chat/client/v1/receipts.js";
import type { Effects } from "./effects.js";
import { unclaimed } from "./ranges.js";
import type { ConversationRecord, SeqRange } from "./store.js";
import { timings } from "./timings.js";

const NEVER = Number.POSITIVE_INFINITY;

interface Mark {
  online: boolean;
  /** No input of the user caused it. */
  automatic: boolean;
}

/** How far the user has read one conversation, and the ticks of what he wrote. Pure. */
export class Reading {
  private readAt = NEVER;
  private readAgain = false;
  /** Of a group: no tick is to come before a later version. */
  private settledVersion = 0;

  constructor(private readonly record: ConversationRecord) {}

  attach(now: number): void {
    this.settledVersion = 0;
    this.readAgain = true;
    this.readAt = this.missing() ? now : NEVER;
  }

  /** True when the record changed. */
  receipt(receipt: Receipt, effects: Effects): boolean {
    const { record } = this;
    const { conversation, delivered, peerRead, ownRead } = record;
    record.delivered = Math.max(delivered, receipt.delivered);
    record.peerRead = Math.max(peerRead, receipt.read);
    record.ownRead = Math.max(ownRead, receipt.ownRead);
    record.read = Math.max(record.read, record.ownRead);
    this.settledVersion = receipt.settledVersion;
    if (!this.missing()) this.readAt = NEVER;
    // One that was overtaken says what is excepted only up to its own `delivered`.
    const from = receipt.delivered < delivered ? record : receipt;
    const { except } = from;
    const exceptRanges = unclaimed(from.exceptRanges ?? [], delivered, record.exceptRanges);
    const unreadRanges = unclaimed(from.unreadRanges ?? [], peerRead, record.unreadRanges);
    const others = !same(record, { except, exceptRanges, unreadRanges });
    Object.assign(record, { except, exceptRanges, unreadRanges });
    const tick = others || record.delivered > delivered || record.peerRead > peerRead;
    if (tick) {
      const value = { conversation, delivered: record.delivered, read: record.peerRead, except };
      effects.emit({ name: "tick", value: { ...value, exceptRanges, unreadRanges } });
    }
    if (record.ownRead === ownRead) return tick;
    effects.emit({ name: "ownRead", value: { conversation, seq: record.ownRead } });
    return true;
  }

  /** The user has read up to `seq`; what is not stored cannot have been read. True when that is news. */
  mark(seq: number, now: number, { online, automatic }: Mark): boolean {
    const read = Math.min(seq, this.record.last);
    if (read <= this.record.read) return false;
    this.record.read = read;
    this.readAgain = automatic;
    if (online) this.readAt = now;
    return true;
  }

  /** Whether a message of one's own lacks its last tick that may come, or something here is unread. */
  wantsPull(): boolean {
    const { newestOwn, newestForeign, peerRead, ownRead, except, group } = this.record;
    if (newestForeign > ownRead) return true;
    const settled = this.settledVersion > 0 && this.settledVersion >= (group?.version ?? 0);
    return !settled && (newestOwn > peerRead || except.length > 0);
  }

  flush(now: number, effects: Effects): void {
    if (this.readAt > now) return;
    const { conversation, read: seq } = this.record;
    effects.send({ $case: "read", value: { conversation, seq, automatic: this.readAgain } });
    this.readAgain = true;
    this.readAt = now + timings.readRepeatMs;
  }

  dueAt(): number {
    return this.readAt;
  }

  private missing(): boolean {
    return this.record.read > this.record.ownRead;
  }
}

type Excepted = Pick<ConversationRecord, "except" | "exceptRanges" | "unreadRanges">;

/** Whether the same messages are without ticks. */
function same(a: Excepted, b: Excepted): boolean {
  return (
    a.except.length === b.except.length &&
    a.except.every((seq, i) => seq === b.except[i]) &&
    sameRanges(a.exceptRanges, b.exceptRanges) &&
    sameRanges(a.unreadRanges, b.unreadRanges)
  );
}

function sameRanges(a: readonly SeqRange[] = [], b: readonly SeqRange[] = []): boolean {
  return (
    a.length === b.length &&
    a.every(({ from, through }, i) => from === b[i]?.from && through === b[i]?.through)
  );
}
