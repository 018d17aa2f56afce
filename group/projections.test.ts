import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { systemClock } from "../lib/clock.js";
import { FakeClock } from "../lib/fake-clock.js";
import { silentLogger } from "../lib/log.js";
import { until } from "../lib/store/faults.js";
import { openLevel } from "../lib/store/level.js";
import { groupOf } from "./group.js";
import { Projections } from "./projections.js";
import { createLevelStore } from "./store-level.js";

const ANN = `us_${"a".repeat(16)}`;
const [BAD, GOOD] = ["gr_aaaaaaaaaaaaaaaa", "gr_bbbbbbbbbbbbbbbb"] as const;

describe("the repair of the lists of groups", () => {
  it("goes on behind a group that cannot be read", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    const store = createLevelStore(kv);
    for (const group of [BAD, GOOD]) await store.expect(group, randomUUID());
    const projections = new Projections({ store, clock: new FakeClock(), log: silentLogger });
    const state = Buffer.alloc(0);
    projections.start(async (group) => {
      if (group === BAD) throw new Error("its conversation cannot be loaded");
      return groupOf(group, { version: 1, members: [ANN], former: [], state, changes: [] });
    });
    let listed: string[] = [];
    const read = async () => {
      listed = (await store.groupsOf(ANN, "", 10)).map(({ group }) => group);
    };
    await until(() => {
      void read();
      return listed.length > 0;
    });
    assert.deepEqual(listed, [GOOD]);
    await projections.stop();
    await kv.close();
  });
});
