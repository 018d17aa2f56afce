import assert from "node:assert/strict";
import { silentLogger } from "../lib/log.js";
import { memoryEngine } from "../lib/store/engine.js";
import { faultyEngine, hastyClock, until } from "../lib/store/faults.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import { openLevel } from "../lib/store/level.js";
import { Stamps } from "./store-level-stamps.js";

describe("stamps of changes", () => {
  const clock = hastyClock();
  const take = async (kv: KeyValueStore, stamps: Stamps): Promise<number> => {
    await stamps.ready();
    let stamp = 0;
    await kv.write((batch) => {
      stamp = stamps.take(batch);
    });
    return stamp;
  };

  it("rise over restarts", async () => {
    const faults = faultyEngine(memoryEngine());
    const open = () =>
      openLevel({ directory: "memory", log: silentLogger, clock, open: faults.open });
    let last = 0;
    for (let i = 0; i < 3; i++) {
      const kv = await open();
      const stamps = new Stamps(kv);
      for (let k = 0; k < 3; k++) {
        const next = await take(kv, stamps);
        assert.ok(next > last, `${next} after ${last}`);
        last = next;
      }
      await kv.close();
    }
  });

  it("rise when the batch that reserved them was lost", async () => {
    const faults = faultyEngine(memoryEngine());
    const open = () =>
      openLevel({ directory: "memory", log: silentLogger, clock, open: faults.open });
    let kv = await open();
    const stamps = new Stamps(kv);
    faults.failNext("lost", new Error("IO error: broken"));
    await assert.rejects(take(kv, stamps));
    await until(() => kv.generation === 1);
    const before = await take(kv, stamps);
    await kv.close();
    kv = await open();
    const after = await take(kv, new Stamps(kv));
    assert.ok(after > before, `${after} after ${before}`);
    await kv.close();
  });
});
