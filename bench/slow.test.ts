import assert from "node:assert/strict";
import { figuresOf } from "./rig/report.js";
import { slowBench, slowBenchSizes } from "./slow.js";

describe("the bench of slow readers", function () {
  this.timeout(240_000);

  it("stops readers until session knows that they are stalled; they get everything in the end", async () => {
    const said: string[] = [];
    const report = await slowBench(slowBenchSizes.smoke, (line) => said.push(line));
    const figures = figuresOf(report);
    assert.ok(Number.isFinite(figures["slow.bytes_per_reader"]));
    assert.ok((figures["slow.p99_ratio"] ?? 0) > 0);
    assert.match(said.join("\n"), /2 are stalled: .*gateway [1-9]\d+\.\d MiB/);
    assert.equal(said.at(-1), "all have everything");
  });
});
