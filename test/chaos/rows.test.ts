import assert from "node:assert/strict";
import type { Random } from "../sim/random.js";
import { faults } from "./faults/index.js";
import { shuffled } from "./rows.js";
import { runPlan } from "./run.js";
import type { Fault } from "./stage.js";

/** One of the faults of each row, as the seed has it. */
function oneOfEachRow(random: Random): Fault[] {
  const short = faults.filter(({ heavy }) => !heavy);
  const rows = [...new Set(short.flatMap((fault) => fault.rows))];
  const drawn = rows.map((row) => random.pick(short.filter((fault) => fault.rows.includes(row))));
  return shuffled([...new Set(drawn)], random);
}

/**
 * One fault of each row of the catalogue, of those that are over within seconds, in an order of the seed's, on one mesh: the
 * cheap part of `make chaos`. A row alone: `make chaos ROW=B18 SEED=1`.
 */
describe("a mesh of processes under one short fault of each row of the catalogue", function () {
  this.timeout(600_000);

  for (const seed of ["1", "2"]) {
    it(`keeps every promise (seed ${seed})`, async () => {
      const lines: string[] = [];
      const { wrong, summary, skipped, verdict } = await runPlan({
        seed,
        circles: 2,
        paceMs: 40,
        between: 2,
        faults: oneOfEachRow,
        say: (line) => lines.push(line),
      });
      console.log(`      ${summary}`);
      for (const what of skipped) console.log(`      SKIPPED ${what}`);
      assert.equal(wrong, "", `${lines.join("\n")}\n${wrong}`);
      assert.ok(verdict.acknowledged > 300, `only ${verdict.acknowledged} messages`);
    });
  }
});
