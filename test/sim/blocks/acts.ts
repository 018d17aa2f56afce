import { brief, diskFails, type FaultMaker, nearFaults } from "../near-faults.js";
import type { Act, PlannedDevice } from "../plan.js";
import { Random } from "../random.js";

const TEXT_SIZE = 40;

interface Scene {
  readonly random: Random;
  readonly users: number;
  readonly devices: readonly PlannedDevice[];
  readonly restMs: number;
}

/**
 * Blocks and their ends, in some seeds, with messages of both around them; drawn apart from the rest of the plan, which is the same
 * with and without them.
 */
export function blockActs(seed: number, scene: Omit<Scene, "random">): Act[] {
  const random = new Random(`blocks ${seed}`);
  if (!random.chance(0.4)) return [];
  const pairs = 1 + random.below(3);
  const acts = Array.from({ length: pairs }, () => ofPair({ ...scene, random })).flat();
  return [...acts, ...faults({ ...scene, random }, acts)];
}

/** One of two blocks the other one again and again, now and then both do. */
function ofPair({ random, users, devices, restMs }: Scene): Act[] {
  const blocker = random.below(users);
  const blocked = (blocker + 1 + random.below(users - 1)) % users;
  const device = (user: number) =>
    random.pick(devices.flatMap((one, index) => (one.user === user ? [index] : [])));
  const acts: Act[] = [];
  const times = 1 + random.below(8);
  for (let i = 0; i < times; i++) {
    let atMs = random.between(0, restMs);
    const [by, of] = random.chance(0.2) ? [blocked, blocker] : [blocker, blocked];
    const kind = random.chance(0.6) ? "block" : "unblock";
    acts.push({ atMs, kind, device: device(by), peer: of });
    // From before it to after it: what comes meanwhile may go either way.
    atMs = Math.max(0, atMs - random.skewed(1, 3_000));
    const messages = random.below(8);
    for (let n = 0; n < messages && atMs < restMs; n++) {
      const [from, to] = random.chance(0.7) ? [of, by] : [by, of];
      acts.push({ atMs, kind: "send", device: device(from), peer: to, size: TEXT_SIZE });
      atMs += random.skewed(1, 1_500);
    }
  }
  return acts;
}

/** Trouble where blocks go through, most of it just when one is on its way. */
function faults(scene: Scene, acts: readonly Act[]): Act[] {
  const blocks = acts.filter(({ kind }) => kind === "block" || kind === "unblock");
  return nearFaults(scene, blocks, FAULTS);
}

/** Between which two a block goes. */
const HOPS = [
  { from: "gateway-1", to: "auth" },
  { from: "auth", to: "session" },
] as const;

const FAULTS: readonly FaultMaker[] = [
  (random) => ({ kind: "kill", module: "auth", ...brief(random, 50, 5_000), silent: false }),
  (random) => ({ kind: "kill", module: "auth", ...brief(random, 50, 5_000), silent: true }),
  (random) => ({ kind: "kill", module: "session", ...brief(random, 50, 2_000), silent: false }),
  (random) => ({ kind: "kill", module: "receipts", ...brief(random, 50, 5_000), silent: true }),
  (random) => ({ kind: "kill", module: "gateway-1", ...brief(random, 50, 2_000), silent: true }),
  (random) => ({ kind: "restart", module: "auth", ...brief(random, 10, 1_000) }),
  (random) => ({ kind: "pause", module: "auth", ...brief(random, 100, 20_000) }),
  (random) => ({ kind: "pause", module: "session", ...brief(random, 100, 10_000) }),
  (random) => ({
    kind: "partition",
    ...random.pick(HOPS),
    ...brief(random, 50, 20_000),
    oneWay: random.chance(0.5),
  }),
  (random) => ({ kind: "cut", ...random.pick(HOPS) }),
  diskFails("auth", "session"),
];
