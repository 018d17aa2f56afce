import assert from "node:assert/strict";
import { drainBench, drainBenchSizes } from "./drain.js";
import { figuresOf } from "./rig/report.js";

describe("the bench of draining", () => {
  it("delivers the whole backlog once", async () => {
    const figures = figuresOf(await drainBench(drainBenchSizes.smoke));
    assert.ok((figures["drain.messages_per_s"] ?? 0) > 0);
  }).timeout(60_000);
});
