import assert from "node:assert/strict";
import { limits } from "../lib/limits.js";
import type { EntryRange } from "./store.js";
import { A, ALL, attention, B, commit, entry, type Stage, sends } from "./store-rig.suite.js";

export function readTests(at: Stage): void {
  describe("of a conversation", () => conversationTests(at));
  describe("of entries", () => entryTests(at));
  describe("of a user's conversations", () => userTests(at));
}

function conversationTests(at: Stage): void {
  it("give undefined when there was never a record", async () => {
    await commit(at, entry(`${A}x`, 1), sends(`${A}x`, "dv_1", "one"));
    assert.equal(await at.rig.store.loadConversation(A), undefined);
    assert.equal(await at.rig.store.loadConversation(""), undefined);
  });

  it("give head 0, no members and not open while there are only other records", async () => {
    await commit(at, sends(A, "dv_1", "one"));
    assert.deepEqual(await at.rig.store.loadConversation(A), {
      head: 0,
      version: 0,
      members: [],
      open: false,
      attentionSeq: 0,
      sends: new Map([["dv_1", Buffer.from("one")]]),
      latest: [],
      parked: [],
    });
  });

  it("give the newest entries that the last sends may lack, by number and by bytes", async () => {
    const latest = async (conversation: string) =>
      (await at.rig.store.loadConversation(conversation))?.latest.map(({ seq }) => seq);
    const count = limits.sendsUnsavedMax;
    await commit(at, ...Array.from({ length: 40 }, (_, i) => entry(A, i + 1)));
    assert.deepEqual(
      await latest(A),
      Array.from({ length: count }, (_, i) => 41 - count + i),
    );
    const half = limits.sendsUnsavedBytesMax / 2;
    await commit(at, entry(B, 1, half), entry(B, 2, half), entry(B, 3, half));
    assert.deepEqual(await latest(B), [2, 3]);
  });

  it("give the last seq as head, above 2^32 too", async () => {
    const first = 2 ** 32 - 2;
    await commit(at, ...[0, 1, 2, 3].map((i) => entry(A, first + i)));
    assert.equal((await at.rig.store.loadConversation(A))?.head, first + 3);
    const read = await at.rig.store.readEntries(A, { ...ALL, from: first + 1 });
    assert.deepEqual(
      read.map(({ seq }) => seq),
      [first + 1, first + 2, first + 3],
    );
  });
}

function entryTests(at: Stage): void {
  beforeEach(async () => {
    await commit(at, ...Array.from({ length: 300 }, (_, i) => entry(A, i + 1, 100)));
    await commit(at, entry(`${A}x`, 1), entry(A.slice(0, -1), 1));
  });
  const read = async (range: Partial<EntryRange>) => {
    const entries = await at.rig.store.readEntries(A, { ...ALL, ...range });
    for (const { seq, entry } of entries) assert.deepEqual(entry, Buffer.alloc(100, seq % 251));
    return entries.map(({ seq }) => seq);
  };

  it("are ascending from `from` through `through`", async () => {
    assert.deepEqual(await read({ from: 254, through: 258 }), [254, 255, 256, 257, 258]);
    assert.deepEqual(await read({ from: 300, through: 300 }), [300]);
    assert.equal((await read({})).length, 300);
  });

  it("are none outside of the log or with an empty range", async () => {
    assert.deepEqual(await read({ from: 301 }), []);
    assert.deepEqual(await read({ from: 5, through: 4 }), []);
    assert.deepEqual(await read({ limit: 0 }), []);
    assert.deepEqual(await at.rig.store.readEntries("c0", ALL), []);
  });

  it("are the first ones within the limits, or the last ones, ascending too", async () => {
    assert.deepEqual(await read({ from: 10, limit: 3 }), [10, 11, 12]);
    assert.deepEqual(await read({ through: 200, limit: 3, newest: true }), [198, 199, 200]);
    assert.deepEqual(await read({ from: 10, bytesMax: 350 }), [10, 11, 12]);
    assert.deepEqual(await read({ bytesMax: 330, newest: true }), [298, 299, 300]);
    assert.deepEqual(await read({ from: 299, limit: 5, newest: true }), [299, 300]);
  });

  it("include the first one even when it alone is above bytesMax", async () => {
    assert.deepEqual(await read({ from: 10, bytesMax: 99 }), [10]);
    assert.deepEqual(await read({ bytesMax: 0, newest: true }), [300]);
  });

  it("come page by page without loss or repetition", async () => {
    const seen: number[] = [];
    for (let from = 1; ; from = (seen.at(-1) as number) + 1) {
      const page = await read({ from, limit: 70, bytesMax: 4000 });
      if (page.length === 0) break;
      seen.push(...page);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
  });
}

function userTests(at: Stage): void {
  const ids = ["dm_b", "dm_a", "dm_ab", "dm_c"];
  beforeEach(async () => {
    const records = ids.map((id, i) => attention(id, i % 2 === 0, i + 1, "us_x", "us_other"));
    await commit(at, ...records, attention("dm_d", true, 1, "us_xy"));
  });
  const list = async (after: string, limit: number) =>
    (await at.rig.store.listUserConversations("us_x", after, limit)).map((c) => c.conversation);

  it("are ascending and his own only", async () => {
    assert.deepEqual(await list("", 10), ["dm_a", "dm_ab", "dm_b", "dm_c"]);
    assert.deepEqual(await at.rig.store.listUserConversations("us_none", "", 10), []);
  });

  it("tell whether each is open and its seq", async () => {
    assert.deepEqual(await at.rig.store.listUserConversations("us_x", "dm_a", 2), [
      { conversation: "dm_ab", open: true, seq: 3 },
      { conversation: "dm_b", open: true, seq: 1 },
    ]);
  });

  it("come page by page", async () => {
    assert.deepEqual(await list("", 2), ["dm_a", "dm_ab"]);
    assert.deepEqual(await list("dm_ab", 2), ["dm_b", "dm_c"]);
    assert.deepEqual(await list("dm_c", 2), []);
    assert.deepEqual(await list("dm_aa", 1), ["dm_ab"]);
    assert.deepEqual(await list("", 0), []);
  });
}
