import assert from "node:assert/strict";
import { latencyBench, latencyBenchSizes } from "./latency.js";
import { all, uwsFloor } from "./load/contenders.js";
import { figuresOf } from "./rig/report.js";

describe("the bench of latency", () => {
  it("sees every tick of every message, of a floor and of the product", async () => {
    const report = await latencyBench(latencyBenchSizes.smoke, [uwsFloor, all], () => {});
    const figures = figuresOf(report);
    for (const variant of ["floor", "all"]) {
      const of = (name: string) => figures[`latency.${variant}.${name}`] ?? Number.NaN;
      assert.ok(of("messages_per_s") > 0, `${variant} carried nothing`);
      assert.ok(of("p50_ms") > 0 && of("sent_p50_ms") > 0);
      assert.ok(of("p50_ms") <= of("p99_ms"));
      assert.ok(of("p99_ms") <= of("p99_9_ms"));
      assert.ok(of("p99_9_ms") <= of("max_ms"));
    }
    assert.ok("latency.all_p99_over_floor" in figures);
  });
});
