import assert from "node:assert/strict";
import fc from "fast-check";
import { type Cursor, type Move, merge, merged, newCursor, raise } from "./cursors.js";

const position = fc.integer({ min: 0, max: 9 });
const time = fc.integer({ min: 1, max: 9 });
const someMove: fc.Arbitrary<Move> = fc.record({
  user: fc.constantFrom("x", "y"),
  delivered: position,
  deliveredAtMs: time,
  read: position,
  readAtMs: time,
});

function raisedBy(moves: readonly Move[]): Cursor {
  const cursor = newCursor("x");
  for (const move of moves) raise(cursor, move);
  return cursor;
}

describe("cursors", () => {
  it("never go back, whatever is merged", () => {
    fc.assert(
      fc.property(fc.array(someMove), someMove, (moves, last) => {
        const before = raisedBy(moves);
        const now = raisedBy([...moves, last]);
        assert(now.delivered >= before.delivered && now.read >= before.read);
        assert(now.read <= now.delivered);
      }),
    );
  });

  it("come out the same in whatever order and however often moves are merged", () => {
    fc.assert(
      fc.property(fc.array(someMove), (moves) => {
        const once = raisedBy(moves);
        assert.deepEqual(raisedBy([...moves].reverse()), once);
        assert.deepEqual(raisedBy([...moves, ...moves]), once);
      }),
    );
  });

  it("count a read position as delivered, at the time of reading", () => {
    const cursor = raisedBy([{ ...newCursor("x"), read: 5, readAtMs: 70 }]);
    assert.deepEqual(cursor, {
      user: "x",
      delivered: 5,
      deliveredAtMs: 70,
      read: 5,
      readAtMs: 70,
    });
  });

  it("keep the earlier time of two moves to the same position", () => {
    const late = { ...newCursor("x"), delivered: 5, deliveredAtMs: 70 };
    assert.equal(raisedBy([late, { ...late, deliveredAtMs: 60 }]).deliveredAtMs, 60);
    assert.equal(raisedBy([{ ...late, deliveredAtMs: 60 }, late]).deliveredAtMs, 60);
  });

  it("are all in a full row, with the new moves, and stay as they are", () => {
    const cursors = new Map();
    merge(cursors, { ...newCursor("x"), delivered: 3, deliveredAtMs: 1 });
    merge(cursors, { ...newCursor("y"), delivered: 4, deliveredAtMs: 1 });
    const row = merged(cursors, [{ ...newCursor("x"), delivered: 7, deliveredAtMs: 2 }]);
    assert.deepEqual(
      row.map(({ user, delivered }) => [user, delivered]),
      [
        ["x", 7],
        ["y", 4],
      ],
    );
    assert.equal(cursors.get("x").delivered, 3);
  });
});
