import assert from "node:assert/strict";
import fc from "fast-check";
import { Bucket } from "./bucket.js";

const rate = { perSecond: 10, burst: 5 };

describe("a token bucket", () => {
  it("gives its burst at once and then its rate", () => {
    const bucket = new Bucket(rate, 0);
    const taken = () => bucket.take(1, rate, 0);
    assert.deepEqual([1, 2, 3, 4, 5, 6].map(taken), [true, true, true, true, true, false]);
    assert.equal(bucket.fullInMs(rate), 500);
    assert.equal(bucket.take(1, rate, 50), false);
    assert.deepEqual([bucket.hasInMs(1, rate), bucket.hasInMs(5, rate)], [50, 450]);
    assert.equal(bucket.take(1, rate, 200), true);
  });

  it("never holds more than its burst, and takes nothing when it refuses", () => {
    const bucket = new Bucket(rate, 0);
    assert.equal(bucket.take(6, rate, 60_000), false);
    assert.equal(bucket.take(5, rate, 60_000), true);
  });

  it("never gives more than burst + rate × time, whatever comes when", () => {
    const steps = fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 6 })));
    fc.assert(
      fc.property(steps, (moves) => {
        const bucket = new Bucket(rate, 0);
        let nowMs = 0;
        let given = 0;
        for (const [waitMs, units] of moves) {
          nowMs += waitMs;
          if (bucket.take(units, rate, nowMs)) given += units;
        }
        assert.ok(given <= rate.burst + (rate.perSecond * nowMs) / 1000 + 1e-6);
      }),
    );
  });
});
