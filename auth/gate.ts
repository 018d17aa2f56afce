import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";

export interface Gate {
  /** Runs `work` when there is room. Rejects with BUSY when too many wait, or when the caller has gone. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface GateLimits {
  readonly runningMax: number;
  readonly waitingMax: number;
}

/** Bounds expensive work: so much at a time, so much waiting in order of arrival, and no more. */
export function createGate({ runningMax, waitingMax }: GateLimits): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;

  function enter(): Promise<void> | undefined {
    if (running < runningMax) {
      running++;
      return undefined;
    }
    if (waiting.length >= waitingMax) throw busy();
    return new Promise((resolve) => waiting.push(resolve));
  }

  /** The place goes straight to the next one, so that nobody can slip in between. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  return {
    async run(work, signal) {
      const place = enter();
      if (place !== undefined) await place;
      try {
        if (signal?.aborted) throw busy();
        return await work();
      } finally {
        leave();
      }
    },
  };
}

function busy(): RpcError {
  return new RpcError(ErrorReason.BUSY, "too many requests are waiting, try again soon", 1000);
}
