import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { Clock } from "../lib/clock.js";
import { RpcError } from "../lib/errors.js";
import { limits } from "../lib/limits.js";
import { createTurns } from "../lib/turns.js";

/**
 * Changes of one group are made one after the other. Judged side by side, of many only one would fit what it was judged by, in each
 * round anew, and most would never come to their turn.
 */
export class ChangeQueue {
  readonly #turns = createTurns();
  readonly #waiting = new Map<string, number>();

  constructor(readonly clock: Pick<Clock, "nowMs">) {}

  /** Throws RATE_LIMITED, and `work` is not begun, when too many wait or its turn comes too late. */
  async run<T>(group: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(group) ?? 0;
    if (waiting >= limits.groupChangesWaitingMax) throw crowded();
    this.#waiting.set(group, waiting + 1);
    const lateMs = this.clock.nowMs() + limits.groupChangeWaitMs;
    try {
      return await this.#turns.run(group, async () => {
        // Whoever asked may have given up by now, and what he gets must still fit into his deadline.
        if (this.clock.nowMs() > lateMs) throw crowded();
        return work();
      });
    } finally {
      const left = (this.#waiting.get(group) ?? 1) - 1;
      if (left > 0) this.#waiting.set(group, left);
      else this.#waiting.delete(group);
    }
  }
}

/** Others came first. Not BUSY, which leaves open whether the change was made: this one was not. */
export function crowded(): RpcError {
  const text = "many are changing this group: it was not done, try again";
  return new RpcError(ErrorReason.RATE_LIMITED, text, 1_000);
}
