import assert from "node:assert/strict";
import { newCursor } from "./cursors.js";
import { type FlushRow, NEWEST_SEGMENT, type ReceiptsStore } from "./store.js";
import { ab, ae, ann, bob } from "./testing/setup.js";

/** The store of the test that runs. */
interface Rig {
  store: ReceiptsStore;
}

/** What every implementation of the port must do. `open` gives an empty store. */
export function receiptsStoreSuite(name: string, open: () => Promise<ReceiptsStore>): void {
  describe(`receipts store (${name})`, () => {
    const rig = {} as Rig;
    beforeEach(async () => {
      rig.store = await open();
    });
    afterEach(() => rig.store.close());

    commitTests(rig);
    tailTests(rig);
    pageTests(rig);
  });
}

function commitTests(rig: Rig): void {
  it("has nothing of a conversation nobody received", async () => {
    assert.deepEqual(await rig.store.readTail(ab, NEWEST_SEGMENT), []);
    assert.deepEqual(await rig.store.readPage(ab, start, 10), []);
  });

  it("gives rows back as they were written", async () => {
    const moves = [
      { user: ann, delivered: 9, deliveredAtMs: 1_700_000_000_123, read: 0, readAtMs: 0 },
      { user: bob, delivered: 9, deliveredAtMs: 1_700_000_000_456, read: 8, readAtMs: 1 },
    ];
    const row = { ...rowAt(0, 1, true), moves };
    await rig.store.commit([row]);
    const [read] = await rig.store.readTail(ab, 0);
    assert.equal(read?.full, true);
    assert.equal(read?.writer, "bt_1");
    assert.deepEqual(positions([read as FlushRow]), [[0, 1]]);
    assert.deepEqual(
      read?.moves.map(({ user, delivered, read }) => [user, delivered, read]),
      [
        [ann, 9, 0],
        [bob, 9, 8],
      ],
    );
    assert.equal(read?.moves[0]?.deliveredAtMs, 1_700_000_000_123);
    assert.equal(read?.moves[1]?.readAtMs, 1);
  });

  it("writes the rows of several conversations in one commit and keeps them apart", async () => {
    await rig.store.commit([rowAt(0, 1, true), { ...rowAt(0, 5, true), conversation: ae }]);
    assert.deepEqual(positions(await rig.store.readTail(ab, 0)), [[0, 1]]);
    assert.deepEqual(positions(await rig.store.readTail(ae, 0)), [[0, 5]]);
    assert.deepEqual(positions(await rig.store.readPage(ab, start, 10)), [[0, 1]]);
  });
}

function tailTests(rig: Rig): void {
  it("looks for the tail from a segment downwards, in the newest one that has rows", async () => {
    await rig.store.commit([rowAt(2, 7, true)]);
    await rig.store.commit([rowAt(5, 8, true)]);
    assert.deepEqual(positions(await rig.store.readTail(ab, NEWEST_SEGMENT)), [[5, 8]]);
    assert.deepEqual(positions(await rig.store.readTail(ab, 5)), [[5, 8]]);
    assert.deepEqual(positions(await rig.store.readTail(ab, 4)), [[2, 7]]);
    assert.deepEqual(positions(await rig.store.readTail(ab, 1)), []);
  });

  it("ends the tail at the second full row, however many rows lie between", async () => {
    const full = new Set([1, 5, 300]);
    const flushes = Array.from({ length: 310 }, (_, index) => index + 1);
    await write(
      rig.store,
      flushes.map((flush) => rowAt(1, flush, full.has(flush))),
    );
    const expected = flushes.filter((flush) => flush >= 5).reverse();
    const tail = await rig.store.readTail(ab, 1);
    assert.deepEqual(
      tail.map((row) => row.flush),
      expected,
    );
  });
}

function pageTests(rig: Rig): void {
  it("pages through the history in order, over segments and writers", async () => {
    const other = { ...rowAt(0, 2, false), writer: "bt_2" };
    await write(rig.store, [rowAt(3, 9, true), rowAt(0, 300, false), rowAt(0, 2, false), other]);
    const all = await rig.store.readPage(ab, start, 10);
    assert.deepEqual(positions(all), [
      [0, 2],
      [0, 2],
      [0, 300],
      [3, 9],
    ]);
    const first = await rig.store.readPage(ab, start, 1);
    assert.equal(first[0]?.writer, "bt_1");
    const second = await rig.store.readPage(ab, first[0] as FlushRow, 1);
    assert.equal(second[0]?.writer, "bt_2");
    const rest = await rig.store.readPage(ab, second[0] as FlushRow, 10);
    assert.deepEqual(positions(rest), [
      [0, 300],
      [3, 9],
    ]);
  });

  it("holds the highest positions there can be", async () => {
    const far = { ...rowAt(NEWEST_SEGMENT, 2 ** 48 - 2, true) };
    await rig.store.commit([far]);
    assert.deepEqual(positions(await rig.store.readTail(ab, NEWEST_SEGMENT)), [
      [NEWEST_SEGMENT, 2 ** 48 - 2],
    ]);
    assert.equal((await rig.store.readPage(ab, start, 10)).length, 1);
  });
}

/** One row per conversation and commit. */
async function write(store: ReceiptsStore, rows: readonly FlushRow[]): Promise<void> {
  for (const row of rows) await store.commit([row]);
}

const start = { segment: 0, flush: 0, writer: "" };

function rowAt(segment: number, flush: number, full: boolean): FlushRow {
  const moves = [{ ...newCursor(ann), delivered: flush, deliveredAtMs: 5 }];
  return { conversation: ab, segment, flush, writer: "bt_1", full, moves };
}

function positions(rows: readonly FlushRow[]): [number, number][] {
  return rows.map((row) => [row.segment, row.flush]);
}
