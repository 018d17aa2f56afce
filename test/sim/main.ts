import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runPiece } from "./long-run.js";
import { explain, runAsChild, runInProcesses, runSeed, type SeedRange } from "./runs.js";
import { Tally } from "./tally.js";

const EXPLAINED_MAX = 3;

/**
 * `--seeds n [--from k] [--jobs j] [--json file] [--lost]` runs many, `--seed s` shows one. With `--state file --report file`
 * the seeds are a piece of a longer run.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    jobs: { type: "string", default: `${Math.min(4, availableParallelism())}` },
    json: { type: "string" },
    lost: { type: "boolean", default: false },
    state: { type: "string" },
    report: { type: "string", default: "docs/simulation-run.md" },
    child: { type: "boolean", default: false },
  },
});
const range = { from: Number(values.from), seeds: Number(values.seeds) };

if (values.child) await runAsChild(range);
else if (values.seed !== undefined) await show(Number(values.seed));
else await runMany();

async function show(seed: number): Promise<void> {
  const outcome = await runSeed(seed);
  console.log(outcome.trace().join("\n"));
  console.log(`seed ${seed}, ${outcome.steps} steps, digest ${outcome.digest}`);
  for (const violation of outcome.violations) console.log(violation);
  if (outcome.violations.length > 0) process.exitCode = 1;
}

async function runMany(): Promise<void> {
  const run = async (range: SeedRange, tally: Tally) => {
    await runInProcesses(range, Number(values.jobs), (result) => tally.add(result));
    return tally;
  };
  const { state, report } = values;
  const tally = state
    ? await runPiece({ state, report }, range.seeds, run)
    : await run(range, new Tally());
  console.log(tally.text());
  if (values.lost) console.log(JSON.stringify(tally.lost, null, 2));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(tally.summary(), null, 2)}\n`);
  const failed = tally.failed.sort((a, b) => a.seed - b.seed);
  for (const { seed, violations } of failed) console.log(`seed ${seed}: ${violations[0]}`);
  for (const { seed } of failed.slice(0, EXPLAINED_MAX)) console.log(`\n${await explain(seed)}`);
  if (failed.length > 0) process.exitCode = 1;
}
