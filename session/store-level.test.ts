import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../lib/log.js";
import { diskEngine, memoryEngine, type OpenEngine } from "../lib/store/engine.js";
import { faultyEngine, hastyClock, until } from "../lib/store/faults.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import { fails } from "../lib/store/kv-rig.suite.js";
import { openLevel } from "../lib/store/level.js";
import { sessionStoreSuite } from "./store.suite.js";
import { createLevelStore } from "./store-level.js";
import { logKey } from "./store-level-keys.js";
import { ALL, attention, entry, type StoreRig } from "./store-rig.suite.js";

sessionStoreSuite("embedded, in memory", () => rig("memory", memoryEngine(), async () => {}));

sessionStoreSuite("embedded, on disk", async () => {
  const directory = await mkdtemp(join(tmpdir(), "session-store-"));
  return rig(directory, diskEngine(directory), () => rm(directory, { recursive: true }));
});

describe("session store, embedded", () => {
  it("writes one row for a message in a busy conversation", async () => {
    const { kv, puts } = await countingStore();
    const store = createLevelStore(kv);
    const { lease } = await store.takeOver(1, "bt_owner");
    puts.length = 0;
    await store.commit(lease, [entry("dm_a", 1)]);
    assert.equal(puts.length, 1);
    await store.close();
  });

  it("compares a device with what changed since it lacked nothing, not with all conversations", async () => {
    const { kv, ranges } = await countingStore();
    const store = createLevelStore(kv);
    const { lease } = await store.takeOver(1, "bt_owner");
    const names = Array.from({ length: 50 }, (_, i) => `dm_${i}`);
    for (const name of names) {
      await store.commit(lease, [attention(name, true, 1, "us_x"), entry(name, 1)]);
      await store.commit(lease, [attention(name, false, 1, "us_x")]);
    }
    const cell = { cursor: 1, confirmed: 1, base: 0 };
    const cursors = new Map(names.map((name) => [name, cell]));
    await store.writeDevice("us_x", "dv_1", { based: 2, cursors, durable: true });
    await store.compareDevice("us_x", "dv_1");
    await store.commit(lease, [attention("dm_7", true, 2, "us_x"), entry("dm_7", 2)]);
    ranges.length = 0;
    const { lacks } = await store.compareDevice("us_x", "dv_1");
    assert.deepEqual(lacks, [{ conversation: "dm_7", cursor: 1, confirmed: 1 }]);
    assert.deepEqual(ranges, [1]);
    await store.close();
  });

  it("reports a log with a gap as damage instead of giving what is left", async () => {
    const { kv } = await countingStore();
    const store = createLevelStore(kv);
    const { lease } = await store.takeOver(1, "bt_owner");
    await store.commit(lease, [entry("dm_a", 1), entry("dm_a", 2), entry("dm_a", 3)]);
    await kv.write((batch) => batch.del(logKey("dm_a", 2)));
    await fails(store.readEntries("dm_a", ALL), "corrupt");
    await store.close();
  });

  it("refuses a second commit of a shard while one is in flight", async () => {
    const { kv } = await countingStore();
    const store = createLevelStore(kv);
    const { lease } = await store.takeOver(1, "bt_owner");
    const first = store.commit(lease, [entry("dm_a", 1)]);
    await assert.rejects(store.commit(lease, [entry("dm_a", 2)]), /in flight already/);
    assert.equal(await first, "committed");
    await store.close();
  });
});

interface Counting {
  readonly kv: KeyValueStore;
  /** Keys that were written. */
  readonly puts: Buffer[];
  /** Rows that each range read gave. */
  readonly ranges: number[];
}

async function countingStore(): Promise<Counting> {
  const puts: Buffer[] = [];
  const ranges: number[] = [];
  const kv = await openLevel({ directory: "memory", log: silentLogger, clock: hastyClock() });
  const write = kv.write.bind(kv);
  kv.write = (fill) =>
    write((batch) =>
      fill({
        put: (key, value) => {
          puts.push(key);
          batch.put(key, value);
        },
        del: (key) => batch.del(key),
      }),
    );
  const range = kv.range.bind(kv);
  kv.range = async (options) => {
    const rows = await range(options);
    ranges.push(rows.length);
    return rows;
  };
  return { kv, puts, ranges };
}

async function rig(
  directory: string,
  engine: OpenEngine,
  dispose: () => Promise<void>,
): Promise<StoreRig> {
  const faults = faultyEngine(engine);
  const clock = hastyClock();
  const open = () => openLevel({ directory, log: silentLogger, clock, open: faults.open });
  let kv = await open();
  const made: StoreRig = {
    store: createLevelStore(kv),
    faults,
    recovered: () => until(() => kv.generation > 0),
    restart: async () => {
      await made.store.close();
      kv = await open();
      made.store = createLevelStore(kv);
    },
    dispose,
  };
  return made;
}
