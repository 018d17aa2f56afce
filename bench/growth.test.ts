import assert from "node:assert/strict";
import { growthBench, growthBenchSizes } from "./growth.js";
import { figuresOf } from "./rig/report.js";

describe("the bench of growth", () => {
  it("carries messages beside few and many idle devices", async () => {
    const figures = figuresOf(await growthBench(growthBenchSizes.smoke));
    for (const idle of growthBenchSizes.smoke.idle) {
      assert.ok((figures[`growth.idle${idle}.messages_per_s`] ?? 0) > 0);
    }
    assert.ok("growth.percent" in figures);
  }).timeout(60_000);
});
