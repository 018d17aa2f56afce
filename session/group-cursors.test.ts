import assert from "node:assert/strict";
import fc from "fast-check";
import { newMember, type OwnedMember } from "./conversation.js";
import { GroupCursors } from "./group-cursors.js";
import { HomeUser } from "./home-user.js";

/** The plain definition: the lowest of the places of all others who are members; 0 when there are none. */
function plain(members: readonly OwnedMember[], author: OwnedMember, kind: "Delivered" | "Read") {
  const others = members.filter((member) => member !== author && isIn(member));
  const places = others.map((member) => {
    return Math.max(member[`confirmed${kind}`], (member.intervals.at(-1)?.from ?? 1) - 1);
  });
  return places.length === 0 ? 0 : Math.min(...places);
}

const isIn = (member: OwnedMember) => member.intervals.at(-1)?.through === 0;

const member = (name: string, from: number) =>
  newMember({ user: name, intervals: [{ from, through: 0 }] }, new HomeUser(name));

const step = fc.record({
  what: fc.constantFrom("rise", "rise", "rise", "join", "leave"),
  who: fc.nat({ max: 7 }),
  delivered: fc.nat({ max: 30 }),
  read: fc.nat({ max: 30 }),
});

describe("the minimum of a group", () => {
  it("is that of those who count, through rises, joins, leaves and rejoins", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const members = [member("a", 1), member("b", 1)];
        const cursors = new GroupCursors();
        let head = 1;
        cursors.rebuild(members, head);
        for (const { what, who, delivered, read } of steps) {
          const one = members[who % members.length] as OwnedMember;
          head++;
          if (what === "join") {
            if (isIn(one)) members.push(member(`m${head}`, head));
            else one.intervals = [...one.intervals, { from: head, through: 0 }];
            cursors.rebuild(members, head);
          } else if (what === "leave" && isIn(one)) {
            const from = one.intervals.at(-1)?.from ?? 1;
            one.intervals = [...one.intervals.slice(0, -1), { from, through: head }];
            cursors.rebuild(members, head);
          } else {
            const { confirmedDelivered, confirmedRead } = one;
            one.confirmedRead = Math.max(confirmedRead, Math.min(read, head));
            one.confirmedDelivered = Math.max(confirmedDelivered, Math.min(delivered, head), read);
            cursors.rose(one, confirmedDelivered, confirmedRead);
          }
          for (const author of members.filter(isIn)) {
            assert.deepEqual(cursors.ticksOf(author), {
              delivered: plain(members, author, "Delivered"),
              read: plain(members, author, "Read"),
            });
          }
        }
      }),
    );
  });

  it("is not to be waited for by one who is alone, or has left", () => {
    const [ann, bob] = [member("a", 1), member("b", 1)];
    const cursors = new GroupCursors();
    cursors.rebuild([ann, bob], 7);
    assert.deepEqual([cursors.settledFor(ann), cursors.settledFor(bob)], [0, 0]);
    Object.assign(bob, { intervals: [{ from: 1, through: 5 }], leftVersion: 8 });
    cursors.rebuild([ann, bob], 8);
    assert.deepEqual([cursors.settledFor(ann), cursors.settledFor(bob)], [8, 8]);
    cursors.rebuild([ann, bob], 9);
    assert.equal(cursors.settledFor(bob), 8, "he learns no later version");
    bob.intervals = [...bob.intervals, { from: 9, through: 0 }];
    cursors.rebuild([ann, bob], 10);
    assert.deepEqual([cursors.settledFor(ann), cursors.settledFor(bob)], [0, 0]);
  });

  it("moves only when the last of those who lag behind does", () => {
    const members = ["a", "b", "c", "d"].map((name) => member(name, 1));
    const cursors = new GroupCursors();
    cursors.rebuild(members, 1);
    const news = members.map((one) => {
      one.confirmedDelivered = 5;
      return cursors.rose(one, 0, 0);
    });
    assert.deepEqual(news, [false, false, true, true]);
    assert.equal(cursors.delivered.lowest, 5);
  });
});
