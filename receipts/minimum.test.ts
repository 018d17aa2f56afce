import assert from "node:assert/strict";
import fc from "fast-check";
import { type Cursors, newCursor } from "./cursors.js";
import { minimumOf } from "./minimum.js";

function cursorsAt(positions: readonly number[]): { members: string[]; cursors: Cursors } {
  const members = positions.map((_, index) => `u${index}`);
  const cursors: Cursors = new Map();
  positions.forEach((delivered, index) => {
    // Who never received anything has no cursor.
    if (delivered > 0) cursors.set(`u${index}`, { ...newCursor(`u${index}`), delivered });
  });
  return { members, cursors };
}

describe("the minimum of a conversation", () => {
  it("tells every author how far all the others are", () => {
    const someone = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(someone, (positions) => {
        const { members, cursors } = cursorsAt(positions);
        const minimum = minimumOf("delivered", members, cursors);
        positions.forEach((_, author) => {
          const others = positions.filter((_, index) => index !== author);
          const isLowest = minimum.lowestUser === members[author];
          const told = isLowest ? minimum.withoutLowest : minimum.lowest;
          assert.equal(told, Math.min(...others));
        });
      }),
    );
  });

  it("does not count who is no member", () => {
    const { members, cursors } = cursorsAt([1, 5, 7]);
    const minimum = minimumOf("delivered", members.slice(1), cursors);
    assert.deepEqual(minimum, { lowest: 5, lowestUser: "u1", withoutLowest: 7 });
  });

  it("promises nothing where there are no others", () => {
    const { members, cursors } = cursorsAt([4]);
    assert.equal(minimumOf("delivered", members, cursors).withoutLowest, 0);
    assert.deepEqual(minimumOf("read", [], new Map()), {
      lowest: 0,
      lowestUser: "",
      withoutLowest: 0,
    });
  });
});
