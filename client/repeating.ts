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

/** After such a failure nobody knows whether it was done. */
export function leavesOpen(error: unknown): boolean {
  return error instanceof ChatError && ["BUSY", "UNREACHABLE", "INTERNAL"].includes(error.reason);
}

/** After such a failure it can be asked again. */
export function isPassing(error: unknown): error is ChatError {
  // Who is told that he asks too often knows that nothing was done.
  return leavesOpen(error) || (error instanceof ChatError && error.reason === "RATE_LIMITED");
}
