import { unseal } from "./checksum.js";
import type { Engine } from "./engine.js";
import type { RangeOptions } from "./kv.js";

/** Bytes and pairs that one step of a range read may hold. */
const STEP_BYTES = 256 * 1024;
const STEP_PAIRS = 1000;
/** Most ranges are short, and LevelDB takes room for all pairs that a step may hold, which stays taken until garbage is collected. */
const FIRST_STEP_PAIRS = 16;

/** Reads a range in steps and checks each value; stops at the limits of the options. */
export async function readRange(
  engine: Engine,
  options: RangeOptions,
): Promise<[Buffer, Buffer][]> {
  const { gte, lt, reverse = false, limit = -1, bytesMax = Number.POSITIVE_INFINITY } = options;
  // LevelDB stops a step behind the pair that passes the mark: little is read that the caller does
  // not get.
  const highWaterMarkBytes = Math.min(bytesMax, STEP_BYTES);
  const bounds = { gte, lt, reverse, limit, highWaterMarkBytes };
  const iterator = engine.iterator(bounds);
  try {
    const pairs: [Buffer, Buffer][] = [];
    let bytes = 0;
    let most = limit > 0 ? limit : FIRST_STEP_PAIRS;
    for (;;) {
      most = Math.min(most, STEP_PAIRS);
      const step = await iterator.nextv(most);
      most *= 8;
      if (step.length === 0) return pairs;
      for (const pair of step) {
        const value = unseal(pair[0], pair[1]);
        bytes += value.length;
        if (bytes > bytesMax && pairs.length > 0) return pairs;
        pair[1] = value;
        pairs.push(pair);
      }
    }
  } finally {
    await iterator.close();
  }
}
