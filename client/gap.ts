import { timings } from "./timings.js";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * A hole in one conversation, and the one Resync in flight for it. Pure.
 *
 * Entries that were under way before the Resync arrived still come in and are dropped: they only
 * raise `target`. A gap below the target after some progress means that the redelivery itself lost
 * an entry: that alone is worth another Resync before the time-out.
 */
export class Gap {
  private target = 0;
  private progressed = false;
  private sendAt = NEVER;
  private repeatMs: number = timings.resyncRepeatMs;

  /** An entry was dropped because the one at `after` is missing. */
  seen(after: number, now: number): void {
    if (this.target === 0 || (this.progressed && after <= this.target)) {
      this.sendAt = now;
      this.progressed = false;
    }
    this.target = Math.max(this.target, after);
  }

  /** Entries up to `last` are stored without a gap. */
  progress(last: number, now: number): void {
    if (this.target === 0) return;
    if (last >= this.target) {
      this.close();
      return;
    }
    this.progressed = true;
    this.repeatMs = timings.resyncRepeatMs;
    if (this.sendAt > now) this.sendAt = now + this.repeatMs;
  }

  /** Whether a Resync is to be sent now; the next one is then a time-out away. */
  take(now: number): boolean {
    if (this.sendAt > now) return false;
    this.sendAt = now + this.repeatMs;
    this.repeatMs = Math.min(this.repeatMs * 2, timings.resyncRepeatMaxMs);
    return true;
  }

  dueAt(): number {
    return this.sendAt;
  }

  close(): void {
    this.target = 0;
    this.progressed = false;
    this.sendAt = NEVER;
    this.repeatMs = timings.resyncRepeatMs;
  }
}
