import assert from "node:assert/strict";
import fc from "fast-check";
import { until } from "../lib/store/faults.js";
import type { AttentionRecord, Based, DeviceCursor, MemberAttentionRecord } from "./store.js";
import { commit, entry, SHARD, type Stage, takeOver } from "./store-rig.suite.js";

export function riseTests(at: Stage): void {
  describe("attention", () => {
    attentionTests(at);
    memberTests(at);
  });
  describe("device cursors", () => {
    deviceTests(at);
    deviceRowTests(at);
  });
}

/** Each property runs on conversations and devices of its own. */
let run = 0;

const USERS = ["us_x", "us_y", "us_z"];

function attentionTests(at: Stage): void {
  const records = fc.array(
    fc.record({
      open: fc.boolean(),
      seq: fc.nat({ max: 6 }),
      users: fc.uniqueArray(fc.constantFrom(...USERS)),
      /** Whether it is committed together with the one before. */
      joined: fc.boolean(),
    }),
    { maxLength: 12 },
  );

  it("is the newest record's, in whatever order and grouping they are committed", async () => {
    const property = fc.asyncProperty(records, async (made) => {
      const conversation = `c${++run}`;
      const all = made.map(({ open, seq, users }) => record(conversation, open, seq, users));
      const lease = await takeOver(at);
      let group: AttentionRecord[] = [];
      let seq = 0;
      for (const [i, one] of all.entries()) {
        group.push(one);
        if (made[i + 1]?.joined) continue;
        await at.rig.store.commit(lease, [...group, entry(conversation, ++seq)]);
        group = [];
      }
      await assertNewest(at, conversation, all);
    });
    await fc.assert(property, { numRuns: 60 });
  });
}

function memberTests(at: Stage): void {
  it("of some users changes without that of the conversation, when they come or leave", async () => {
    const conversation = `c${++run}`;
    const some = (open: boolean, seq: number, ...users: string[]): MemberAttentionRecord => ({
      ...record(conversation, open, seq, users),
      kind: "member-attention",
    });
    const lease = await takeOver(at);
    const { store } = at.rig;
    const rows = async (user: string) => {
      const all = await store.listUserConversations(user, "", 1_000);
      return all.filter((row) => row.conversation === conversation);
    };
    await store.commit(lease, [record(conversation, true, 1, ["us_x", "us_y"])]);
    await store.commit(lease, [some(true, 3, "us_z"), some(false, 3, "us_y")]);
    assert.deepEqual(await rows("us_z"), [{ conversation, open: true, seq: 3 }]);
    assert.deepEqual(await rows("us_y"), [{ conversation, open: false, seq: 3 }]);
    assert.equal((await store.loadConversation(conversation))?.attentionSeq, 1);
    await store.commit(lease, [record(conversation, false, 5, ["us_x", "us_z"])]);
    assert.deepEqual(await rows("us_z"), [{ conversation, open: false, seq: 5 }]);
    assert.deepEqual(await rows("us_y"), [{ conversation, open: false, seq: 3 }]);
  });
}

function record(
  conversation: string,
  open: boolean,
  seq: number,
  users: string[],
): AttentionRecord {
  return {
    kind: "attention",
    conversation,
    open,
    seq,
    users: users.map((user) => ({ user, seq })),
  };
}

/** The record that wins: the higher seq, closed over open. */
function newest(records: AttentionRecord[]): AttentionRecord | undefined {
  const version = ({ seq, open }: AttentionRecord) => 2 * seq + (open ? 0 : 1);
  return records.reduce<AttentionRecord | undefined>(
    (best, one) => (best && version(best) > version(one) ? best : one),
    undefined,
  );
}

async function assertNewest(
  at: Stage,
  conversation: string,
  all: AttentionRecord[],
): Promise<void> {
  const { store } = at.rig;
  const best = newest(all);
  const loaded = await store.loadConversation(conversation);
  assert.equal(loaded?.open ?? false, best?.open ?? false);
  assert.equal(loaded?.attentionSeq ?? 0, best?.seq ?? 0);
  for (const user of USERS) {
    const mine = newest(all.filter(({ users }) => users.some((one) => one.user === user)));
    const listed = await store.listUserConversations(user, "", 1000);
    const row = listed.find((one) => one.conversation === conversation);
    const expected = mine && { conversation, open: mine.open, seq: mine.seq };
    assert.deepEqual(row, expected);
  }
  const { open } = await store.takeOver(SHARD, "bt_owner");
  assert.equal(open.includes(conversation), best?.open ?? false);
}

function deviceTests(at: Stage): void {
  const cell = fc.record({ cursor: fc.nat(9), confirmed: fc.nat(9), base: fc.nat(9) });
  const changes = fc.array(
    fc.record({
      cursors: fc.dictionary(fc.constantFrom(...CONVERSATIONS), cell),
      based: fc.option(fc.constantFrom<Based>(0, 1, 2), { nil: undefined }),
      durable: fc.boolean(),
      /** Whether the next change is made before this one has resolved. */
      awaited: fc.boolean(),
    }),
    { maxLength: 8 },
  );

  it("are the maximum of all changes, also of concurrent ones, and stay so", async () => {
    const property = fc.asyncProperty(changes, async (made) => {
      const device = `dv_${++run}`;
      const expected = new Map<string, DeviceCursor>();
      const written: Promise<void>[] = [];
      for (const { cursors, based, durable, awaited } of made) {
        const map = new Map(Object.entries(cursors));
        for (const [id, one] of map) expected.set(id, maximum(expected.get(id), one));
        written.push(at.rig.store.writeDevice("us_x", device, { cursors: map, based, durable }));
        if (awaited) await written.at(-1);
      }
      await Promise.all(written);
      const based = Math.max(0, ...made.map((one) => one.based ?? 0));
      const read = await readDevice(at, "us_x", device);
      assert.equal(read.based, based);
      assert.deepEqual(new Map([...read.cursors].sort()), new Map([...expected].sort()));
    });
    await fc.assert(property, { numRuns: 60 });
  });
}

function deviceRowTests(at: Stage): void {
  it("are empty for an unknown device, and belong to one device of one user", async () => {
    const cursors = new Map([["dm_a", { cursor: 1, confirmed: 0, base: 0 }]]);
    await at.rig.store.writeDevice("us_x", "dv_1", { cursors, based: 1, durable: true });
    for (const [user, device] of [
      ["us_x", "dv_11"],
      ["us_x", "dv_"],
      ["us_xd", "dv_1"],
      ["us_y", "dv_1"],
    ] as const) {
      const read = await readDevice(at, user, device);
      assert.deepEqual(read, { based: 0, cursors: new Map() });
    }
  });

  it("survive a restart once a durable change has resolved", async () => {
    const cursors = new Map([["dm_a", { cursor: 2 ** 50, confirmed: 7, base: 3 }]]);
    await at.rig.store.writeDevice("us_x", "dv_1", { cursors, based: 2, durable: true });
    await at.rig.restart();
    assert.deepEqual(await readDevice(at, "us_x", "dv_1"), { based: 2, cursors });
  });

  it("cost no write when they do not rise", async () => {
    const cursors = new Map([["dm_a", { cursor: 5, confirmed: 5, base: 5 }]]);
    await at.rig.store.writeDevice("us_x", "dv_1", { cursors, based: 2, durable: true });
    const before = at.rig.faults.batches;
    const lower = new Map([["dm_a", { cursor: 4, confirmed: 5, base: 0 }]]);
    await at.rig.store.writeDevice("us_x", "dv_1", { cursors: lower, based: 1, durable: true });
    assert.equal(at.rig.faults.batches, before);
  });

  it("can be written again after a change that failed", async () => {
    await commit(at, entry("c0", 1));
    const cursors = new Map([["dm_a", { cursor: 5, confirmed: 0, base: 0 }]]);
    const change = { cursors, durable: true };
    at.rig.faults.failNext("lost", new Error("IO error: broken"));
    const before = at.rig.faults.batches;
    const failed = at.rig.store.writeDevice("us_x", "dv_1", change);
    failed.catch(() => {});
    await until(() => at.rig.faults.batches > before);
    await assert.rejects(failed);
    await at.rig.recovered();
    await at.rig.store.writeDevice("us_x", "dv_1", change);
    assert.deepEqual(await readDevice(at, "us_x", "dv_1"), { based: 0, cursors });
  });
}

const CONVERSATIONS = Array.from("abcdefghijkl", (c) => `dm_${c}`);

async function readDevice({ rig }: Stage, user: string, device: string) {
  const { based } = await rig.store.compareDevice(user, device);
  return { based, cursors: await rig.store.readCursors(user, device, CONVERSATIONS) };
}

function maximum(a: DeviceCursor | undefined, b: DeviceCursor): DeviceCursor {
  return {
    cursor: Math.max(a?.cursor ?? 0, b.cursor),
    confirmed: Math.max(a?.confirmed ?? 0, b.confirmed),
    base: Math.max(a?.base ?? 0, b.base),
  };
}
