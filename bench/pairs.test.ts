import assert from "node:assert/strict";
import { all, uwsFloor, wsFloor } from "./load/contenders.js";
import { pairs200BenchSizes, pairsBench, pairsBenchSizes } from "./pairs.js";
import { figuresOf } from "./rig/report.js";

describe("the benches of pairs", () => {
  for (const { smoke } of [pairsBenchSizes, pairs200BenchSizes]) {
    it(`account for every message, of a floor and of the product: ${smoke.name}`, async () => {
      const report = await pairsBench(smoke, [uwsFloor, wsFloor, all], () => {});
      const figures = figuresOf(report);
      const floor = smoke.name.replace("pairs", "floor");
      for (const row of [`${floor}.uws`, `${floor}.ws`, `${smoke.name}.all`]) {
        assert.ok((figures[`${row}.messages_per_s`] ?? 0) > 0, `${row} carried nothing`);
        assert.ok(`${row}.cpu_us_per_message` in figures, row);
      }
      assert.ok(`${smoke.name}.all_over_floor` in figures);
    });
  }
});
