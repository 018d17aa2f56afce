import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { makePlan } from "./plan.js";
import { runInProcesses } from "./runs.js";
import { shrink } from "./shrink.js";
import { Tally } from "./tally.js";

const JOBS = Math.min(4, availableParallelism());
const SEEDS = 1_000;

describe("the simulated mesh", () => {
  it(`keeps every promise on ${SEEDS} seeds`, async function () {
    this.timeout(1_200_000);
    const tally = new Tally();
    await runInProcesses({ from: 1, seeds: SEEDS }, JOBS, (result) => tally.add(result));
    const summary = tally.summary();
    assert.equal(summary.seeds, SEEDS);
    assert.ok(summary.acknowledged > 0 && summary.faults > 0);
    const failed = tally.failed.map(({ seed, violations }) => `seed ${seed}: ${violations[0]}`);
    assert.deepEqual(failed, []);
  });

  it("takes the same way for the same seed, whatever ran before it", async function () {
    this.timeout(240_000);
    // In processes of their own: the simulation owns the timers, and other suites leave some behind.
    const digests = async (from: number, seeds: number) => {
      const found = new Map<number, string>();
      await runInProcesses({ from, seeds }, 1, ({ seed, digest }) => found.set(seed, digest));
      return found;
    };
    const together = await digests(2, 4);
    assert.equal(together.size, 4);
    for (const seed of [3, 5]) {
      assert.equal((await digests(seed, 1)).get(seed), together.get(seed));
    }
    assert.notEqual(together.get(3), together.get(5));
  });
});

describe("shrinking", () => {
  it("finds the two acts that a failure needs", async () => {
    const plan = makePlan(1);
    const [a, b] = [plan.acts[2], plan.acts.at(-3)];
    const fails = async ({ acts }: typeof plan) =>
      acts.some((x) => x === a) && acts.some((x) => x === b);
    assert.deepEqual((await shrink(plan, fails)).acts, [a, b]);
  });
});
