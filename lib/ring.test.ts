import assert from "node:assert/strict";
import fc from "fast-check";
import { Ring } from "./ring.js";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}-[0-9]{1,2}$/), {
  minLength: 1,
  maxLength: 12,
});

const KEYS = Array.from({ length: 2_000 }, (_, i) => `user ${i}`);

describe("ring", () => {
  it("gives every key to one of the instances, whatever order they are named in", () => {
    fc.assert(
      fc.property(names, fc.string(), (instances, key) => {
        const owner = new Ring(instances).ownerOf(key);
        assert.ok(owner !== undefined && instances.includes(owner));
        assert.equal(new Ring([...instances].reverse()).ownerOf(key), owner);
      }),
    );
  });

  it("has no owner when there are no instances", () => {
    assert.equal(new Ring([]).ownerOf("x"), undefined);
    assert.equal(new Ring([]).ownerOfShard(1), undefined);
  });

  it("moves only keys to an instance that comes, and only its keys when it goes", () => {
    fc.assert(
      fc.property(names, fc.stringMatching(/^new-[0-9]$/), (instances, comer) => {
        const before = new Ring(instances);
        const after = new Ring([...instances, comer]);
        for (const key of KEYS.slice(0, 300)) {
          const owner = after.ownerOf(key);
          assert.ok(owner === comer || owner === before.ownerOf(key));
        }
      }),
    );
  });

  it("moves about one share of the keys when an instance comes", () => {
    for (let n = 1; n <= 8; n++) {
      const instances = Array.from({ length: n }, (_, i) => `session-${i + 1}`);
      const before = new Ring(instances);
      const after = new Ring([...instances, "session-new"]);
      const moved = KEYS.filter((key) => before.ownerOf(key) !== after.ownerOf(key)).length;
      const share = KEYS.length / (n + 1);
      assert.ok(moved > share * 0.6 && moved < share * 1.5, `${n}: ${moved} of ${share}`);
    }
  });

  it("is balanced: no instance has twice its share, of keys and of shards", () => {
    for (let n = 2; n <= 8; n++) {
      const ring = new Ring(Array.from({ length: n }, (_, i) => `session-${i + 1}`));
      for (const [total, owner] of [
        [KEYS.length, (i: number) => ring.ownerOf(KEYS[i] as string)],
        [256, (i: number) => ring.ownerOfShard(i)],
      ] as const) {
        const counts = new Map<string | undefined, number>();
        for (let i = 0; i < total; i++) counts.set(owner(i), (counts.get(owner(i)) ?? 0) + 1);
        assert.equal(counts.size, n);
        for (const count of counts.values()) assert.ok(count < (2 * total) / n, `${n}: ${count}`);
      }
    }
  });
});
