import assert from "node:assert/strict";
import type { CommitRecord } from "./store.js";
import {
  A,
  ALL,
  attention,
  B,
  commit,
  entry,
  SHARD,
  type Stage,
  sends,
  takeOver,
} from "./store-rig.suite.js";

const MEMBERS = [
  { user: "us_aaaaaaaaaaaaaaaa", intervals: [{ from: 1, through: 0 }] },
  {
    user: "us_bbbbbbbbbbbbbbbb",
    intervals: [
      { from: 3, through: 9 },
      { from: 2 ** 40, through: 2 ** 50 },
    ],
  },
  { user: "us_cccccccccccccccc", intervals: [] },
];

/** One of each kind, over two conversations. */
const EACH: CommitRecord[] = [
  entry(A, 1),
  entry(A, 2),
  entry(B, 1),
  sends(A, "dv_1", "one"),
  { kind: "members", conversation: A, version: 5, members: MEMBERS },
  attention(A, true, 1, "us_x", "us_y"),
];

export function commitTests(at: Stage): void {
  it("makes all records readable", async () => {
    await commit(at, ...EACH);
    await assertAll(at);
  });

  it("is durable when it is answered", async () => {
    await commit(at, ...EACH);
    await at.rig.restart();
    await assertAll(at);
    assert.deepEqual((await at.rig.store.takeOver(SHARD, "bt_next")).open, [A]);
  });

  it("keeps of a group who may not send, the state and the last changes", async () => {
    const members = [{ user: "us_a", intervals: [{ from: 1, through: 0 }], muted: true }];
    const done = { user: "us_a", requestId: "r", fingerprint: 2 ** 52, version: 2, seq: 3 };
    for (const group of [
      { state: Buffer.from([0, 1, 255]), changes: [done, { ...done, version: 3 }] },
      { state: Buffer.alloc(0), changes: [] },
    ]) {
      await commit(at, { kind: "members", conversation: A, version: 3, members, group });
      const stored = await at.rig.store.loadConversation(A);
      assert.deepEqual([stored?.version, stored?.members, stored?.group], [3, members, group]);
    }
  });

  it("keeps opaque bytes as they are, also none", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await commit(
      at,
      { kind: "entry", conversation: A, seq: 1, entry: bytes, device: "dv_1" },
      { kind: "entry", conversation: A, seq: 2, entry: Buffer.alloc(0), device: "" },
      { kind: "sends", conversation: A, device: "dv_1", sends: bytes },
    );
    const entries = await at.rig.store.readEntries(A, ALL);
    assert.deepEqual(entries, [
      { seq: 1, entry: bytes },
      { seq: 2, entry: Buffer.alloc(0) },
    ]);
    const loaded = await at.rig.store.loadConversation(A);
    assert.deepEqual(loaded?.sends.get("dv_1"), bytes);
    assert.deepEqual(loaded?.latest, [
      { seq: 1, entry: bytes, device: "dv_1" },
      { seq: 2, entry: Buffer.alloc(0), device: "" },
    ]);
  });

  it("replaces the sends of that device, and the members", async () => {
    await commit(at, ...EACH, sends(A, "dv_2", "two"));
    const members: CommitRecord = { kind: "members", conversation: A, version: 6, members: [] };
    await commit(at, sends(A, "dv_1", "three"), members);
    const loaded = await at.rig.store.loadConversation(A);
    assert.deepEqual([...(loaded?.sends ?? [])].map(String), ["dv_1,three", "dv_2,two"]);
    assert.equal(loaded?.version, 6);
    assert.deepEqual(loaded?.members, []);
  });
}

export function atomicTests(at: Stage): void {
  it("takes a commit of 256 entries, and one without records", async () => {
    await commit(at, ...Array.from({ length: 256 }, (_, i) => entry(A, i + 1)));
    await commit(at);
    assert.equal((await at.rig.store.loadConversation(A))?.head, 256);
  });

  it("writes the commits of many shards with few batches", async () => {
    const leases = await Promise.all(
      Array.from({ length: 200 }, (_, shard) => takeOver(at, shard)),
    );
    at.rig.faults.batches = 0;
    const commits = leases.map((lease) =>
      at.rig.store.commit(lease, [entry(`c${lease.shard}`, 1)]),
    );
    assert.ok((await Promise.all(commits)).every((outcome) => outcome === "committed"));
    assert.ok(at.rig.faults.batches <= 3, `${at.rig.faults.batches} batches`);
  });

  for (const outcome of ["lost", "applied"] as const) {
    it(`is there as a whole or not at all when its outcome is unknown (${outcome})`, async () => {
      await commit(at, entry("c0", 1));
      const lease = await takeOver(at);
      at.rig.faults.failNext(outcome, new Error("IO error: broken"));
      await assert.rejects(at.rig.store.commit(lease, EACH));
      await at.rig.recovered();
      const { open } = await at.rig.store.takeOver(SHARD, "bt_owner");
      if (outcome === "applied") {
        await assertAll(at);
        assert.deepEqual(open, [A]);
      } else {
        await assertNone(at);
        assert.deepEqual(open, []);
      }
      assert.equal((await at.rig.store.loadConversation("c0"))?.head, 1);
    });
  }
}

async function assertAll({ rig: { store } }: Stage): Promise<void> {
  assert.deepEqual(await store.loadConversation(A), {
    head: 2,
    version: 5,
    members: MEMBERS,
    open: true,
    attentionSeq: 1,
    sends: new Map([["dv_1", Buffer.from("one")]]),
    latest: [1, 2].map((seq) => ({ seq, entry: Buffer.alloc(20, seq), device: "dv_1" })),
    parked: [],
  });
  assert.deepEqual(
    (await store.readEntries(A, ALL)).map(({ seq, entry }) => [seq, entry[0]]),
    [
      [1, 1],
      [2, 2],
    ],
  );
  assert.equal((await store.loadConversation(B))?.head, 1);
  for (const user of ["us_x", "us_y"]) {
    const listed = await store.listUserConversations(user, "", 10);
    assert.deepEqual(listed, [{ conversation: A, open: true, seq: 1 }]);
  }
}

async function assertNone({ rig: { store } }: Stage): Promise<void> {
  assert.equal(await store.loadConversation(A), undefined);
  assert.equal(await store.loadConversation(B), undefined);
  assert.deepEqual(await store.readEntries(A, ALL), []);
  assert.deepEqual(await store.listUserConversations("us_x", "", 10), []);
}
