import { Drops, type Lane } from "./drops.js";
import { hops, kindsOf } from "./kinds.js";
import { Scenario } from "./scenario.js";
import { isNever, provoked, repairOf } from "./table.js";

/** What came of losing some kinds of frames. */
export interface DropResult {
  readonly lanes: readonly Lane[];
  readonly lost: number;
  /** Each of them was lost; where one of a pair brings the other about, the loss of the one can forestall the other. */
  readonly all: boolean;
  readonly faults: readonly string[];
}

/** Every kind of frame on every hop on which the contract allows it and somebody sends it. */
export const lanes: readonly Lane[] = hops
  .flatMap((hop) => [...new Set(kindsOf(hop))].map((kind) => `${hop.name} ${kind}`))
  .filter((lane) => !isNever(lane) && repairOf(lane)?.lost !== "never");

/** How many pairs of lanes there are. */
export const pairs = (lanes.length * (lanes.length - 1)) / 2;

/** Every pair has a number; neighbours in number are no neighbours in kind, so that any part is a sample of all. */
export function pairAt(index: number): Lane[] {
  let left = (index * STRIDE) % pairs;
  for (let first = 0; ; first++) {
    const others = lanes.length - 1 - first;
    if (left < others) return [lanes[first] as Lane, lanes[first + 1 + left] as Lane];
    left -= others;
  }
}

/** A prime above any number of pairs' factors. */
const STRIDE = 1_000_003;

/** Lanes on which the contract allows a frame and this run, in which nothing is lost, has another idea than the table. */
export async function undisturbed(seed: number): Promise<string[]> {
  const drops = new Drops([]);
  const { faults } = await run(seed, drops, []);
  const seen = new Set(drops.seen.keys());
  const wrong = [...faults];
  for (const lane of seen) if (isNever(lane)) wrong.push(`${lane} is sent after all`);
  for (const lane of lanes) {
    if (!seen.has(lane) && !provoked[kindOf(lane)]) wrong.push(`${lane} is never sent`);
  }
  for (const lane of lanes) if (!repairOf(lane)) wrong.push(`${lane} has no row`);
  return wrong;
}

/**
 * Loses these kinds together; sees that each was lost and that nothing is missing in the end. Of one alone also that it
 * was repeated in its time: with two, what one of them brings about may make the other's repetition needless.
 */
export async function lose(seed: number, lost: readonly Lane[]): Promise<DropResult> {
  const provoking = lost.flatMap((lane) => provoked[kindOf(lane)] ?? []);
  return run(seed, new Drops([...new Set([...lost, ...provoking])]), lost);
}

async function run(seed: number, drops: Drops, lost: readonly Lane[]): Promise<DropResult> {
  const scenario = new Scenario(seed, drops);
  const { world, stranger } = scenario;
  const outcome = await world.run();
  const faults = [...outcome.violations];
  if (!stranger.done) faults.push(`the stranger still waits for an answer to ${stranger.waitsFor}`);
  if (!scenario.replayed) faults.push("the parked entry was never shown");
  let count = 0;
  let both = 0;
  for (const lane of lost) {
    const loss = drops.losses.get(lane);
    count += loss?.lost ?? 0;
    if (loss?.lost) both++;
    else if (lost.length === 1) faults.push(`${lane} was never sent`);
    if (loss?.lost && lost.length === 1 && repairOf(lane)?.again && !loss.repeated)
      faults.push(`${lane} was lost and not repeated`);
  }
  if (lost.length > 0 && both === 0) faults.push(`${lost.join(" and ")} were never sent`);
  return { lanes: lost, lost: count, all: both === lost.length, faults };
}

export function kindOf(lane: Lane): string {
  return lane.split(" ")[1] as string;
}
