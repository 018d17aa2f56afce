import { boundedCache } from "../lib/bounded-cache.js";
import type { Clock } from "../lib/clock.js";
import { Bucket, type Rate } from "./bucket.js";

/** Keys remembered: forgetting one only fills its bucket. */
const KEYS_MAX = 65_536;

/** A bucket for each of many: users, addresses. */
export class Buckets {
  readonly #buckets = boundedCache<string, Bucket>(KEYS_MAX);

  constructor(
    readonly rate: Rate,
    readonly clock: Pick<Clock, "nowMs">,
  ) {}

  /** Takes `units` of the key's if they are there: 0, or else the milliseconds until they are. */
  take(key: string, units: number): number {
    const nowMs = this.clock.nowMs();
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = new Bucket(this.rate, nowMs);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(units, this.rate, nowMs) ? 0 : bucket.hasInMs(units, this.rate);
  }
}
