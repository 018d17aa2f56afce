import assert from "node:assert/strict";
import fc from "fast-check";
import { hash53, hash53ascii, shardOf } from "./hash.js";
import { directId, newId } from "./ids.js";

/** Chi-square of keys over 256 shards; about 255 ± 23 when they are spread evenly. */
function unevenness(keys: readonly string[]): number {
  const counts = new Array<number>(256).fill(0);
  for (const key of keys) (counts[shardOf(key, 256)] as number)++;
  const expected = keys.length / 256;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

describe("hash", () => {
  it("is the same for a string and its bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
        assert.equal(hash53ascii(text), hash53(Buffer.from(text)));
      }),
    );
  });

  it("looks only at the bytes of its range", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, bytes, after) => {
        const whole = Buffer.concat([before, bytes, after]);
        const inside = hash53(whole, before.length, before.length + bytes.length);
        assert.equal(inside, hash53(bytes));
      }),
    );
  });

  it("is a whole number below 2^53", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const hash = hash53(bytes);
        assert.ok(Number.isSafeInteger(hash) && hash >= 0);
      }),
    );
  });

  it("never changes: stored data depends on it", () => {
    assert.deepEqual(
      ["", "a", "dm_0123456789abcdef_ghjkmnpqrstvwxyz"].map((key) => [
        hash53ascii(key),
        shardOf(key, 256),
      ]),
      [
        [4787098623260263, 103],
        [6551625778893226, 170],
        [2297649102694771, 115],
      ],
    );
  });

  it("spreads random conversations evenly over the shards", () => {
    const keys = Array.from({ length: 51_200 }, () => directId(newId("us"), newId("us")));
    assert.ok(unevenness(keys) < 400, String(unevenness(keys)));
  });

  it("spreads conversations with counted ids evenly over the shards", () => {
    const id = (n: number) => `us_${String(n).padStart(16, "0")}`;
    const keys = Array.from({ length: 51_200 }, (_, i) => directId(id(2 * i), id(2 * i + 1)));
    assert.ok(unevenness(keys) < 400, String(unevenness(keys)));
  });

  it("gives no two equal hashes among 200,000 similar keys", () => {
    const hashes = new Set<number>();
    for (let i = 0; i < 200_000; i++) hashes.add(hash53ascii(`message ${i}`));
    assert.equal(hashes.size, 200_000);
  });
});
