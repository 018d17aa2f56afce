import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canSee,
  countVisible,
  intervalStart,
  isCurrent,
  lastVisible,
  nextVisible,
  previousVisible,
} from "./membership.js";
import type { Member } from "./store.js";

/** Random members: ascending intervals with gaps, the last one open or not. */
const members = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 })), {
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([steps, stays]): Member => {
    let at = 0;
    const intervals = steps.map(([gap, length], i) => {
      const from = at + gap + (i > 0 ? 1 : 0);
      at = from + length;
      return { from, through: stays && i === steps.length - 1 ? 0 : at };
    });
    return { user: "us_0000000000000000", intervals };
  });

const sees = (member: Member, seq: number) =>
  member.intervals.some((i) => seq >= i.from && (i.through === 0 || seq <= i.through));

describe("membership", () => {
  it("agrees with the plain definition of an interval", () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 1, max: 50 }), (member, seq) => {
        assert.equal(canSee(member, seq), sees(member, seq));
        let before = seq - 1;
        while (before > 0 && !sees(member, before)) before--;
        assert.equal(previousVisible(member, seq), before);
        assert.equal(lastVisible(member, seq), sees(member, seq) ? seq : before);
        let after = seq + 1;
        while (after < 100 && !sees(member, after)) after++;
        assert.equal(nextVisible(member, seq), after === 100 ? Number.POSITIVE_INFINITY : after);
      }),
    );
  });

  it("counts what may be seen, and finds where an interval begins", () => {
    const seqs = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(members, seqs, seqs, (member, after, head) => {
        let count = 0;
        for (let seq = after + 1; seq <= head; seq++) if (sees(member, seq)) count++;
        assert.equal(countVisible(member, after, head), count);
        const { from = 0 } =
          member.intervals.find((i) => after >= i.from && (!i.through || after <= i.through)) ?? {};
        assert.equal(intervalStart(member, after), from);
      }),
    );
  });

  it("counts a member as current only while the last interval has no end", () => {
    const user = "us_0000000000000000";
    assert.equal(isCurrent({ user, intervals: [] }), false);
    assert.equal(isCurrent({ user, intervals: [{ from: 1, through: 4 }] }), false);
    assert.equal(
      isCurrent({
        user,
        intervals: [
          { from: 1, through: 4 },
          { from: 9, through: 0 },
        ],
      }),
      true,
    );
  });
});
