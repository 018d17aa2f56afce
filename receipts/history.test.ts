import assert from "node:assert/strict";
import { limits } from "../lib/limits.js";
import { FULL_EVERY } from "./conversation.js";
import { newCursor } from "./cursors.js";
import { readReceipts } from "./history.js";
import type { FlushRow } from "./store.js";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ann, bob, receiptsOver, settled } from "./testing/setup.js";

const SEGMENT = limits.segmentEntries;

describe("the history of a conversation", () => {
  let store: RowsStore;
  let core: ReturnType<typeof receiptsOver>;
  const link = new FakeLink();
  beforeEach(() => {
    store = new RowsStore();
    core = receiptsOver(store);
  });

  async function move(user: string, fields: { delivered?: number; read?: number; at: number }) {
    const { at: atUnixMs, ...rest } = fields;
    core.receipts.advance(advanceOf({ conversation: ab, user, atUnixMs, ...rest }), link);
    core.receipts.kick();
    await settled();
  }

  async function timesOf(seq: number, head: number): Promise<unknown[]> {
    const members = [ann, bob];
    const found = await readReceipts(store, { conversation: ab, head, seq, members });
    return found.map((member) => [member.deliveredAtUnixMs, member.readAtUnixMs]);
  }

  it("tells when each member first received and read an entry", async () => {
    await move(bob, { delivered: 1, at: 100 });
    await move(bob, { delivered: 3, at: 200 });
    await move(ann, { delivered: 2, at: 250 });
    await move(bob, { read: 2, at: 300 });
    await move(bob, { read: 3, at: 400 });
    assert.deepEqual(await timesOf(1, 3), [
      [250, 0],
      [100, 300],
    ]);
    assert.deepEqual(await timesOf(2, 3), [
      [250, 0],
      [200, 300],
    ]);
    assert.deepEqual(await timesOf(3, 3), [
      [0, 0],
      [200, 400],
    ]);
    assert.deepEqual(await timesOf(4, 4), [
      [0, 0],
      [0, 0],
    ]);
  });

  it("starts every segment with a full row, and every 64th row of a segment is full", async () => {
    for (let seq = 1; seq <= 2 * FULL_EVERY + 5; seq++) {
      await move(seq % 2 ? ann : bob, { delivered: seq, at: seq });
    }
    await move(ann, { delivered: SEGMENT + 1, at: 1000 });
    await move(bob, { delivered: SEGMENT + 2, at: 1001 });
    const full = store.rows.map((row, index) => (row.full ? index : -1)).filter((i) => i >= 0);
    assert.deepEqual(full, [0, FULL_EVERY, 2 * FULL_EVERY, 2 * FULL_EVERY + 5]);
    assert.equal(store.rows[FULL_EVERY]?.moves.length, 2);
    assert.deepEqual(
      store.rows.slice(-2).map((row) => [row.segment, row.moves.length]),
      [
        [1, 2],
        [1, 1],
      ],
    );
  });

  it("is the same for entries of older segments and behind full rows", async () => {
    for (let seq = 1; seq <= 3 * FULL_EVERY; seq++) await move(bob, { delivered: seq, at: seq });
    await move(bob, { delivered: 3 * SEGMENT, at: 1000 });
    await move(ann, { delivered: 5 * SEGMENT, at: 2000 });
    await move(bob, { read: 6 * SEGMENT, at: 3000 });
    assert.deepEqual(await timesOf(10, 6 * SEGMENT), [
      [2000, 0],
      [10, 3000],
    ]);
    assert.deepEqual(await timesOf(SEGMENT, 6 * SEGMENT), [
      [2000, 0],
      [1000, 3000],
    ]);
    assert.deepEqual(await timesOf(4 * SEGMENT, 6 * SEGMENT), [
      [2000, 0],
      [3000, 3000],
    ]);
  });

  it("passes over segments in which nobody passed the entry", async () => {
    await move(bob, { delivered: 1, at: 5 });
    for (let segment = 1; segment <= 3; segment++) {
      for (let n = 0; n < 40; n++) await move(ann, { delivered: segment * SEGMENT + n, at: 10 });
    }
    await move(bob, { read: 3 * SEGMENT + 50, at: 20 });
    const { length } = store.rows;
    store.rows.forEach((row, index) => {
      // A row of a middle segment that is no first one: whoever reads it finds a wrong time.
      const middle = row.segment === 2 && !row.full;
      const wrong = { ...newCursor(bob), read: SEGMENT, readAtMs: 1 };
      if (middle) store.rows[index] = { ...row, moves: [wrong] };
    });
    assert.equal(store.rows.length, length);
    assert.deepEqual(await timesOf(1, 4 * SEGMENT), [
      [10, 0],
      [5, 20],
    ]);
  });

  it("takes the earliest time where two writers wrote the same position", async () => {
    const row = (writer: string, deliveredAtMs: number): FlushRow => {
      const moves = [{ ...newCursor(bob), delivered: 5, deliveredAtMs }];
      return { conversation: ab, segment: 0, flush: 1, writer, full: true, moves };
    };
    await store.commit([row("bt_1", 90)]);
    await store.commit([row("bt_2", 80)]);
    assert.deepEqual((await timesOf(5, 5))[1], [80, 0]);
  });
});
