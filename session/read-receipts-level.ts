import type { KeyValueStore } from "../lib/store/kv.js";
import { WireReader } from "../lib/wire/reader.js";
import { WireWriter } from "../lib/wire/writer.js";
import type { ReadReceiptsStore, Switched } from "./read-receipts.js";
import { switchedKey, switchedRange, userOfSwitchedKey } from "./store-level-keys.js";

/** On the embedded store of the session service. */
export function createReadReceiptsStore(kv: KeyValueStore): ReadReceiptsStore {
  return {
    async listSwitched() {
      const rows = await kv.range(switchedRange);
      return rows.map(([key, value]) => decode(userOfSwitchedKey(key), value));
    },
    putSwitched: (switched) =>
      kv.write((batch) => batch.put(switchedKey(switched.user), encode(switched))),
  };
}

function encode({ off, version }: Switched): Buffer {
  const out = new WireWriter(16);
  out.uint(1, version);
  out.bool(2, off);
  return out.take();
}

function decode(user: string, value: Buffer): Switched {
  const row = { user, off: false, version: 0 };
  const reader = new WireReader().reset(value);
  while (reader.next()) {
    if (reader.field === 1) row.version = reader.uint();
    else if (reader.field === 2) row.off = reader.bool();
  }
  return row;
}
