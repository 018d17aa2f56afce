import assert from "node:assert/strict";
import type { Clock } from "../clock.js";
import type { Faults } from "./faults.js";
import { type KeyValueStore, StoreError, type StoreFailure } from "./kv.js";

/** How the suite gets at an implementation. */
export interface KvRig {
  readonly faults: Faults;
  /** Opens the same data again. */
  open(
    clock: Clock,
    limits?: { groupBytesMax?: number; pendingBytesMax?: number },
  ): Promise<KeyValueStore>;
  dispose(): Promise<void>;
}

/** What a test works with. */
export interface Stage {
  rig: KvRig;
  faults: Faults;
  kv: KeyValueStore;
  /** Of the clock, as they were asked for. */
  delays: number[];
}

/** Writes the keys with the value "v". */
export function put(kv: KeyValueStore, ...keys: string[]): Promise<void> {
  return kv.write((batch) => {
    for (const key of keys) batch.put(Buffer.from(key, "latin1"), Buffer.from("v"));
  });
}

export function putBytes(kv: KeyValueStore, key: string, bytes: number): Promise<void> {
  return kv.write((batch) => batch.put(Buffer.from(key), Buffer.alloc(bytes)));
}

/** The promise rejects with a StoreError of this kind. */
export function fails(promise: Promise<unknown>, failure: StoreFailure): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.failure, failure, error.message);
    return true;
  });
}
