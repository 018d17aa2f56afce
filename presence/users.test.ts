import assert from "node:assert/strict";
import fc from "fast-check";
import { newId } from "../lib/ids.js";
import { FLAG, NEVER, NONE, Users } from "./users.js";

const anyMayGo = () => true;
const idOf = (n: number) => `us_${n.toString(36).padStart(16, "0")}`;

describe("the table of users", () => {
  it("finds each user it took, and no other", () => {
    const users = new Users(10_000, anyMayGo);
    const ids = Array.from({ length: 5_000 }, (_, i) => (i % 2 ? idOf(i) : newId("us")));
    const records = ids.map((id) => users.take(id));
    assert.equal(new Set(records).size, ids.length);
    ids.forEach((id, i) => {
      assert.equal(users.find(id), records[i]);
      assert.equal(users.take(id), records[i]);
      assert.equal(users.idOf(records[i] as number), id);
    });
    assert.equal(users.find(newId("us")), NONE);
    assert.equal(users.size, ids.length);
  });

  it("starts a record with nothing, also one that held another user", () => {
    const users = new Users(1, anyMayGo);
    const first = users.take(idOf(1));
    users.seen[first] = 7;
    users.active[first] = 7;
    users.set(first, FLAG.loaded);
    users.clear(first, FLAG.used);
    const second = users.take(idOf(2));
    assert.equal(second, first);
    assert.deepEqual([users.seen[second], users.active[second]], [0, NEVER]);
    assert.equal(users.has(second, FLAG.loaded), false);
    assert.equal(users.find(idOf(1)), NONE);
  });

  it("lets the one go that was not looked at lately, and only who may go", () => {
    const kept = new Set<number>();
    const users = new Users(4, (record) => !kept.has(record));
    for (let i = 0; i < 4; i++) users.take(idOf(i));
    kept.add(users.find(idOf(0)));
    users.take(idOf(9));
    assert.notEqual(users.find(idOf(0)), NONE);
    assert.equal(users.size, 4);
    for (let i = 0; i < 4; i++) kept.add(i);
    assert.equal(users.take(idOf(10)), NONE);
    assert.equal(users.find(idOf(10)), NONE);
    assert.notEqual(users.find(idOf(9)), NONE);
  });

  it("agrees with a map, whoever comes and goes", () => {
    const step = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const users = new Users(16, anyMayGo);
        const values = new Map<string, number>();
        let count = 0;
        for (const n of steps) {
          const before = users.find(idOf(n));
          if (before !== NONE) assert.equal(users.seen[before], values.get(idOf(n)));
          const record = users.take(idOf(n));
          assert.notEqual(record, NONE);
          users.seen[record] = ++count;
          values.set(idOf(n), count);
          for (let i = 0; i <= 60; i++) {
            const found = users.find(idOf(i));
            if (found !== NONE) assert.equal(users.idOf(found), idOf(i));
          }
        }
        assert.ok(users.size <= 16);
      }),
      { numRuns: 100 },
    );
  });

  it("takes less than 100 bytes per user", () => {
    const users = new Users(100_000, anyMayGo);
    for (let i = 0; i < 100_000; i++) users.take(idOf(i));
    assert.ok(users.bytes / users.size <= 100, `${users.bytes / users.size}`);
  });
});
