import assert from "node:assert/strict";
import { silentLogger as log } from "../lib/log.js";
import { memoryEngine } from "../lib/store/engine.js";
import { type Faults, faultyEngine, hastyClock } from "../lib/store/faults.js";
import { openLevel } from "../lib/store/level.js";
import { levelReceiptsStore } from "./store-level.js";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { ab, ann, bob, receiptsOver, settled } from "./testing/setup.js";

describe("receipts on an embedded store that fails", () => {
  for (const outcome of ["applied", "lost"] as const) {
    it(`go on when it is open again, and the failed commit was ${outcome}`, async () => {
      const faults: Faults = faultyEngine(memoryEngine());
      const clock = hastyClock();
      const { open } = faults;
      const store = levelReceiptsStore(await openLevel({ directory: "memory", log, clock, open }));
      const { receipts, counts } = receiptsOver(store);
      const link = new FakeLink();
      const deliver = async (user: string, delivered: number) => {
        receipts.advance(advanceOf({ conversation: ab, user, delivered }), link);
        receipts.kick();
        while (receipts.pending > 0) await settled();
      };

      await deliver(bob, 1);
      assert.equal(link.confirmed()[0]?.delivered, 1);
      faults.failNext(outcome, new Error("EIO"));
      await deliver(bob, 2);
      assert.deepEqual([link.frames(), counts.lost], [[], 1]);
      while (store.generation === 0) await settled();
      await deliver(ann, 1);
      const after = outcome === "applied" ? 2 : 1;
      assert.equal(link.confirmed()[0]?.deliveredMinimum?.withoutLowest, after);
      await deliver(bob, 2);
      assert.equal(link.confirmed()[0]?.delivered, 2);
      await store.close();
    });
  }
});
