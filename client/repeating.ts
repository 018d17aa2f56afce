import type { Clock } from "./clock.js";
import { ChatError } from "./errors.js";
import { timings } from "./timings.js";

/** Asks again and again while nobody knows whether it was done, or it cannot be done now; for calls that carry a key. */
export async function repeating<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  const giveUpMs = clock.nowMs() + timings.changeMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || clock.nowMs() >= giveUpMs) throw error;
      const waitMs = error.retryAfterMs || timings.changeRepeatMs;
      await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
    }
  }
}

function isPassing(error: unknown): error is ChatError {
  return (
    error instanceof ChatError &&
    ["BUSY", "RATE_LIMITED", "UNREACHABLE", "INTERNAL"].includes(error.reason)
  );
}
