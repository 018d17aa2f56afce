import type { Act, Plan } from "./plan.js";

const RUNS_MAX = 150;

/**
 * The plan with as few acts as still make it fail: leaves out halves, quarters, and so on to single ones, as long as the
 * failure stays. The order of trying is fixed, and the number of runs bounded.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let acts = plan.acts;
  let runs = 0;
  for (
    let size = Math.ceil(acts.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < acts.length && runs < RUNS_MAX; runs++) {
      const fewer: Act[] = [...acts.slice(0, from), ...acts.slice(from + size)];
      if (await fails({ ...plan, acts: fewer })) acts = fewer;
      else from += size;
    }
  }
  return { ...plan, acts };
}
