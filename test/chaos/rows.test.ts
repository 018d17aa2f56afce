import assert from "node:assert/strict";
import type { Random } from "../sim/random.js";
import { faults } from "./faults/index.js";
import { shuffled } from "./rows.js";
import { type Outcome, runPlan } from "./run.js";
import type { Fault } from "./stage.js";

/** One of the faults of each row, as the seed has it. */
function oneOfEachRow(random: Random): Fault[] {
  const short = faults.filter(({ heavy }) => !heavy);
  const rows = [...new Set(short.flatMap((fault) => fault.rows))];
  const drawn = rows.map((row) => random.pick(short.filter((fault) => fault.rows.includes(row))));
  return shuffled([...new Set(drawn)], random);
}

interface Run {
  readonly lines: string[];
  readonly outcome: Promise<Outcome>;
}

function run(seed: string): Run {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const crowd = { circles: 2, paceMs: 120, between: 2 };
  const outcome = runPlan({ ...crowd, seed, faults: oneOfEachRow, say });
  // Looked at in its own time.
  outcome.catch(() => {});
  return { lines, outcome };
}

/**
 * One fault of each row of the catalogue, of those that are over within seconds, in an order of the seed's, on one mesh: the
 * cheap part of `make chaos`. A row alone: `make chaos ROW=B18 SEED=1`. The seeds run side by side: most of the time is waiting.
 */
describe("a mesh of processes under one short fault of each row of the catalogue", function () {
  this.timeout(600_000);
  const seeds = ["1", "2"];
  let runs: Run[] = [];
  before(() => {
    runs = seeds.map(run);
  });

  for (const [at, seed] of seeds.entries()) {
    it(`keeps every promise (seed ${seed})`, async () => {
      const { outcome, lines } = runs[at] as Run;
      const { wrong, summary, skipped, verdict } = await outcome;
      console.log(`      ${summary}`);
      for (const what of skipped) console.log(`      SKIPPED ${what}`);
      assert.equal(wrong, "", `${lines.join("\n")}\n${wrong}`);
      assert.ok(verdict.acknowledged > 300, `only ${verdict.acknowledged} messages`);
    });
  }
});
