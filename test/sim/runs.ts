import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { makePlan, type Plan } from "./plan.js";
import { shrink } from "./shrink.js";
import type { Result } from "./tally.js";
import { type Outcome, World } from "./world.js";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));
/** Seeds that one process runs before another takes its place. */
const SEEDS_PER_PROCESS = 500;
/** Much code runs a little: compiled at once, and with room for what lives as long as a run. */
const EAGER = ["--always-sparkplug", "--max-semi-space-size=32"];
const TRACE_LINES_MAX = 150;

export function runSeed(seed: number): Promise<Outcome> {
  return new World(makePlan(seed)).run();
}

export interface SeedRange {
  readonly from: number;
  readonly seeds: number;
}

/** Runs seeds in several processes of their own; `tell` hears of each run, in no particular order. */
export async function runInProcesses(
  { from, seeds }: SeedRange,
  jobs: number,
  tell: (result: Result) => void,
): Promise<void> {
  let next = from;
  const work = async () => {
    while (next < from + seeds) {
      const range = { from: next, seeds: Math.min(SEEDS_PER_PROCESS, from + seeds - next) };
      next += range.seeds;
      await runInProcess(range, tell);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

/** In a child: runs its seeds and sends what became of each. */
export async function runAsChild({ from, seeds }: SeedRange): Promise<void> {
  for (let seed = from; seed < from + seeds; seed++) {
    const { trace: _, ...result } = await runSeed(seed);
    await new Promise((sent) => process.send?.(result, sent));
  }
  process.disconnect();
}

function runInProcess({ from, seeds }: SeedRange, tell: (result: Result) => void): Promise<void> {
  const child = fork(MAIN, ["--child", "--from", `${from}`, "--seeds", `${seeds}`], {
    execArgv: EAGER,
  });
  child.on("message", (result) => tell(result as Result));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`seeds ${from} to ${from + seeds - 1}: ended with ${signal ?? code}`));
    });
  });
}

/** Why a seed fails, with as little happening as possible, as text. */
export async function explain(seed: number): Promise<string> {
  const invariant = (outcome: Outcome) => outcome.violations[0]?.split(":")[0];
  const first = await runSeed(seed);
  const kind = invariant(first);
  if (kind === undefined) return `seed ${seed}: no violation`;
  const whole = makePlan(seed);
  const run = (plan: Plan) => new World(plan).run();
  const plan = await shrink(whole, async (fewer) => invariant(await run(fewer)) === kind);
  const outcome = await run(plan);
  const head = `seed ${seed}: ${plan.acts.length} of ${whole.acts.length} acts are enough`;
  return [head, ...outcome.violations.slice(0, 5), ...shortened(outcome)].join("\n");
}

/** The lines of the trace that have to do with the first violation. */
function shortened({ violations, trace }: Outcome): string[] {
  const ids = violations[0]?.match(/dm_\w+|gr_\w+/g) ?? [];
  const always = /FAULT|REST|VIOLATION|starts|stopped|online|waits/;
  const lines = trace().filter((line) => {
    return ids.length === 0 || always.test(line) || ids.some((id) => line.includes(id));
  });
  const left = Math.max(0, lines.length - TRACE_LINES_MAX);
  return [...(left > 0 ? [`… ${left} lines left out`] : []), ...lines.slice(left)];
}
