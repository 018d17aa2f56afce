import assert from "node:assert/strict";
import { floorSubject, meshSubject } from "./load/subject.js";
import { pairsBench, pairsBenchSizes } from "./pairs.js";
import { figuresOf } from "./rig/report.js";

describe("the bench of pairs", () => {
  it("accounts for every message, of a floor and of the product", async () => {
    const report = await pairsBench(pairsBenchSizes.smoke, [
      ["floor", () => floorSubject("uws")],
      ["floor-ws", () => floorSubject("ws")],
      ["all", () => meshSubject("all")],
    ]);
    const figures = figuresOf(report);
    for (const variant of ["floor", "floor-ws", "all"]) {
      const messages = figures[`pairs.${variant}.messages_per_s`] ?? 0;
      assert.ok(messages > 0, `${variant} carried nothing`);
    }
    assert.equal(figures["pairs.floor.frames_per_message"] !== undefined, true);
    assert.ok("pairs.all_over_floor" in figures);
  });
});
