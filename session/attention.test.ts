import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import type { CommitRecord } from "./store.js";
import { changed } from "./testing/changed-store.js";
import { ANN, failing, proposal } from "./testing/group-rig.js";
import { Rig } from "./testing/rig.js";

const GROUPS = 12;
const MEMBERS = 100;

async function openGroups(rig: Rig): Promise<void> {
  for (let i = 0; i < GROUPS; i++) {
    const add = [ANN, ...Array.from({ length: MEMBERS - 1 }, () => newId("us"))];
    await rig.service.changes.propose(
      proposal({ conversation: newId("gr"), expectedVersion: 0, add }),
    );
  }
}

/** One sweep, long after everything became quiet. */
async function fallQuiet(rig: Rig): Promise<void> {
  rig.clock.advance(limits.attentionMs);
  await rig.settle();
}

async function openOnes(rig: Rig): Promise<number> {
  const listed = await rig.store.listUserConversations(ANN, "", 2 * GROUPS);
  return listed.filter(({ open }) => open).length;
}

const closedIn = (records: readonly CommitRecord[]) =>
  records.reduce((sum, record) => {
    return record.kind === "attention" && !record.open ? sum + record.users.length : sum;
  }, 0);

describe("conversations that became quiet", () => {
  it("close some at a time, the next ones when those have", async () => {
    let now = 0;
    let most = 0;
    const wrap = changed((store) => ({
      commit: async (lease, records) => {
        const users = closedIn(records);
        now += users;
        most = Math.max(most, now);
        const outcome = await store.commit(lease, records);
        now -= users;
        return outcome;
      },
    }));
    const rig = await Rig.start({ wrap });
    await openGroups(rig);
    await fallQuiet(rig);
    await rig.settle();
    assert.equal(await openOnes(rig), 0);
    assert.ok(most >= limits.closedAtOnce && most < limits.closedAtOnce + MEMBERS);
    await rig.stop();
  });

  it("close later when that could not be written", async () => {
    const store = failing();
    const rig = await Rig.start({ wrap: store.wrap });
    await openGroups(rig);
    store.fails = true;
    await fallQuiet(rig);
    assert.equal(await openOnes(rig), GROUPS);
    store.fails = false;
    for (let i = 0; i < 3; i++) {
      rig.clock.advance(1_000);
      await rig.settle();
    }
    await fallQuiet(rig);
    await fallQuiet(rig);
    assert.equal(await openOnes(rig), 0);
    await rig.stop();
  });
});
