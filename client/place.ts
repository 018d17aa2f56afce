import { Gap } from "./gap.js";
import type { ConversationRecord } from "./store.js";

/** How far this device has one conversation, and whether something before what comes is missing. Pure. */
export class Place {
  private readonly gap = new Gap();
  /** Highest seq dropped while the bases were not known. */
  private held = 0;

  constructor(private readonly record: ConversationRecord) {}

  attach(): void {
    this.gap.close();
  }

  /**
   * Whether the entry is the next one, or one that is here already; a gap before it is noted. `holdGaps`: this new device
   * does not know its bases yet, so a gap means nothing.
   */
  reaches(seq: number, after: number, now: number, holdGaps: boolean): boolean {
    const { last } = this.record;
    if (seq < 1 || after >= seq) return false;
    if (seq <= last || after <= last) return true;
    if (holdGaps) this.held = Math.max(this.held, seq);
    else this.gap.seen(after, now);
    return false;
  }

  /** Moves `last`, also over own entries beyond it that it has reached. */
  advance(seq: number, now: number): void {
    const { record } = this;
    record.last = seq;
    record.ahead.sort((a, b) => a.seq - b.seq);
    for (const own of record.ahead) {
      if (own.seq > record.last && own.after <= record.last) record.last = own.seq;
    }
    record.ahead = record.ahead.filter((own) => own.seq > record.last);
    this.gap.progress(record.last, now);
  }

  /** Whether an own entry beyond a gap is at this seq. */
  isAhead(seq: number): boolean {
    return this.record.ahead.some((own) => own.seq === seq);
  }

  /** The bases of this new device are known: what was dropped before and lies above is missing. */
  basesStored(now: number): void {
    if (this.held > this.record.last) this.gap.seen(this.held - 1, now);
    this.held = 0;
  }

  /** Whether a Resync is to be sent now. */
  takeGap(now: number): boolean {
    return this.gap.take(now);
  }

  dueAt(): number {
    return this.gap.dueAt();
  }
}
