import assert from "node:assert/strict";
import { presenceBench, presenceBenchSizes } from "./presence.js";
import { figuresOf } from "./rig/report.js";

describe("the bench of presence", () => {
  it("has its figures, and everybody was told", async () => {
    const figures = figuresOf(await presenceBench(presenceBenchSizes.smoke, () => {}));
    for (const name of ["on", "off"]) {
      assert.ok((figures[`presence.${name}.messages_per_s`] ?? 0) > 0, name);
    }
    assert.ok((figures["presence.on.presence_us_per_message"] ?? 0) >= 0);
    assert.ok((figures["presence.activities_per_s_per_core"] ?? 0) > 0);
    for (const name of ["stopped", "slow", "flooded"]) {
      assert.ok((figures[`presence.${name}_p99_ratio`] ?? 0) > 0, name);
    }
    for (const name of ["percent_of_pairs_cpu", "bytes_per_user", "us_per_watcher_of_50"]) {
      assert.ok(`presence.${name}` in figures, name);
    }
  }).timeout(180_000);
});
