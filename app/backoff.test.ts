import assert from "node:assert/strict";
import { Backoff } from "./backoff.js";

const limits = { firstMs: 100, maxMs: 1000, healthyMs: 30_000 };

describe("the back-off of restarts", () => {
  it("doubles up to its bound", () => {
    const backoff = new Backoff(limits, () => 1);
    const delays = [1, 2, 3, 4, 5, 6].map(() => backoff.delayMs(0));
    assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000]);
  });

  it("is jittered between the half and the whole", () => {
    assert.equal(new Backoff(limits, () => 0).delayMs(0), 50);
    assert.equal(new Backoff(limits, () => 0.5).delayMs(0), 75);
  });

  it("starts anew after a healthy run", () => {
    const backoff = new Backoff(limits, () => 1);
    backoff.delayMs(0);
    backoff.delayMs(0);
    assert.equal(backoff.delayMs(30_000), 100);
    assert.equal(backoff.delayMs(0), 200);
  });
});
