import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import { stampsKey } from "./store-level-keys.js";
import { decodeStamp, encodeStamp } from "./store-level-rows.js";

/** Stamps that one stored row covers. */
const BLOCK = 1 << 20;

/**
 * Numbers that rise in the order in which the batches that hold them become durable, also over restarts: whoever reads
 * the store sees all rows with a stamp up to the highest one he sees, and none of those will be written later.
 */
export class Stamps {
  #next = 0;
  /** Stamps below it may be given: it is stored, or in the same batch. */
  #ceiling = 0;
  #generation = -1;

  constructor(readonly kv: KeyValueStore) {}

  /** Must have resolved, in this generation of the store, before a batch takes a stamp. */
  async ready(): Promise<void> {
    const { generation } = this.kv;
    if (generation === this.#generation) return;
    const stored = decodeStamp(await this.kv.get(stampsKey));
    // What a failed batch stored, or did not: the numbers given meanwhile are not given again either.
    this.#next = Math.max(this.#next, stored);
    this.#ceiling = stored;
    this.#generation = generation;
  }

  /** The next stamp, for rows of this batch. */
  take(batch: WriteBatch): number {
    this.#next++;
    if (this.#next >= this.#ceiling) {
      this.#ceiling = this.#next + BLOCK;
      batch.put(stampsKey, encodeStamp(this.#ceiling));
    }
    return this.#next;
  }
}
