import assert from "node:assert/strict";
import { fanOutBench, fanOutBenchSizes } from "./fanout.js";
import { figuresOf } from "./rig/report.js";

describe("the bench of fan-out", () => {
  it("accounts for every copy, and for every reader", async () => {
    const figures = figuresOf(await fanOutBench(fanOutBenchSizes.smoke, false));
    for (const name of ["fanout.5.deliveries_per_s", "fanout.40.deliveries_per_s"]) {
      assert.ok((figures[name] ?? 0) > 0, name);
    }
    assert.ok("receipts.40.cpu_us_per_member_message" in figures);
    assert.ok("fanout.40.cpu_us_per_delivery" in figures);
    const busy = figures["fanout.40.store_writes_busy"] ?? 0;
    const idle = figures["fanout.40.store_writes_idle"] ?? 0;
    assert.ok(busy >= 1 && idle > busy, `${busy} and ${idle} rows`);
    assert.ok((figures["fanout.40.pair_p99_over_alone"] ?? 0) > 0);
  }).timeout(180_000);
});
