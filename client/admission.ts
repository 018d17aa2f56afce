import { isGroupId } from "./ids.js";
import type { ConversationRecord } from "./store.js";
import { timings } from "./timings.js";

/**
 * Whether this device may send in a conversation: in a group only when it knows that its user is, or was, a member. The server
 * refuses a stranger without noting that down, so of two copies of a send one could be refused and the other, that comes
 * after he was added, taken in. A device that knows nothing of the group asks first, by GetLastNumber. Pure.
 */
export class Admission {
  /** The question under way; 0 when there is none. */
  request = 0;
  private askAt = 0;
  private repeatMs: number = timings.resendMs;
  private told: boolean;

  constructor(private readonly record: ConversationRecord) {
    this.told = !isGroupId(record.conversation);
  }

  get granted(): boolean {
    const { last, lastNumber, group } = this.record;
    return this.told || last > 0 || lastNumber > 0 || group !== undefined;
  }

  /** The server has said that he is, or was, a member. */
  grant(): void {
    this.told = true;
  }

  /** What was asked on the connection before may be lost; also after a refusal: who sends again asks again. */
  attach(): void {
    this.request = 0;
    this.askAt = 0;
    this.repeatMs = timings.resendMs;
  }

  busy(retryAfterMs: number, now: number): void {
    this.askAt = now + Math.min(Math.max(retryAfterMs, 50), timings.resendMaxMs);
  }

  /** The request of the question that is to be asked now; 0 when there is none. */
  take(now: number, request: () => number): number {
    if (now < this.askAt) return 0;
    this.request = request();
    this.askAt = now + this.repeatMs;
    this.repeatMs = Math.min(this.repeatMs * 2, timings.resendMaxMs);
    return this.request;
  }

  dueAt(): number {
    return this.askAt;
  }
}
