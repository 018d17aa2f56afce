import { timings } from "./timings.js";

/**
 * The wait before the n-th connection attempt in a row without a stable connection (n from 0), with
 * full jitter, so that the clients of a restarted server do not come back in one wave.
 */
export function reconnectDelay(attempt: number, fraction: number): number {
  const cap = timings.reconnectBaseMs * 2 ** Math.min(attempt, 16);
  return Math.round(fraction * Math.min(cap, timings.reconnectMaxMs));
}
