import assert from "node:assert/strict";
import { figuresOf } from "./rig/report.js";
import { stormBench, stormBenchSizes } from "./storm.js";

describe("the bench of a storm", () => {
  it("has every client back", async () => {
    const figures = figuresOf(await stormBench(stormBenchSizes.smoke));
    assert.ok((figures["storm.resumes_per_s"] ?? 0) > 0);
    assert.ok((figures["storm.seconds_to_all_back"] ?? 0) > 0);
  }).timeout(60_000);
});
