import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "../lib/wire/reader.js";
import { type Cursors, type Move, merge, newCursor } from "./cursors.js";
import { decodeMoves, encodeMoves } from "./row.js";

const position = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const someMove: fc.Arbitrary<Move> = fc.record({
  user: fc.stringMatching(/^us_[0-9a-z]{16}$/),
  delivered: fc.oneof(fc.constant(0), position),
  deliveredAtMs: position,
  read: fc.oneof(fc.constant(0), position),
  readAtMs: position,
});

function mergedFrom(moves: readonly Move[]): Cursors {
  const cursors: Cursors = new Map();
  for (const move of moves) merge(cursors, move);
  return cursors;
}

describe("a stored row", () => {
  it("comes back with the same effect", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(someMove), (full, moves) => {
        const row = decodeMoves(encodeMoves(full, moves));
        assert.equal(row.full, full);
        assert.deepEqual(mergedFrom(row.moves), mergedFrom(moves));
      }),
    );
  });

  it("of one move takes less than 40 bytes", () => {
    const move = { ...newCursor("us_aaaaaaaaaaaaaaaa"), read: 5_000, readAtMs: 1.8e12 };
    assert(encodeMoves(false, [move]).length < 40);
  });

  it("made of random bytes is refused or read, and nothing else happens", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          decodeMoves(Buffer.from(bytes));
        } catch (error) {
          assert(error instanceof WireError);
        }
      }),
    );
  });
});
