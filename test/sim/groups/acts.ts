import { brief, diskFails, type FaultMaker, nearFaults } from "../near-faults.js";
import type { Act, GroupWish, PlannedDevice } from "../plan.js";
import { Random } from "../random.js";

const TEXT_SIZE = 40;

/** What a seed plans for groups: who comes for them besides the others, and what happens. */
export interface GroupPlan {
  readonly groups: number;
  readonly users: number;
  readonly devices: readonly PlannedDevice[];
  readonly acts: readonly Act[];
}

interface Scene {
  readonly random: Random;
  readonly users: number;
  readonly devices: readonly PlannedDevice[];
  readonly restMs: number;
}

const NOTHING: GroupPlan = { groups: 0, users: 0, devices: [], acts: [] };

/**
 * Groups of several members, in some seeds; drawn apart from the rest of the plan, which is the same with and without them.
 */
export function groupPlan(
  seed: number,
  before: Pick<Scene, "users" | "devices" | "restMs">,
): GroupPlan {
  const random = new Random(`groups ${seed}`);
  if (!random.chance(0.4)) return NOTHING;
  const { restMs } = before;
  const more = 1 + random.below(4);
  const users = before.users + more;
  const first = Array.from({ length: more }, (_, i) => before.users + i);
  const second = first.filter(() => random.chance(0.3));
  const devices = [...first, ...second].map((user, index) => ({
    user,
    json: random.chance(0.3),
    firstMs: index < more || random.chance(0.5) ? 0 : random.between(0, restMs),
  }));
  const scene = { random, users, devices: [...before.devices, ...devices], restMs };
  const groups = 1 + random.below(2);
  const acts = Array.from({ length: groups }, (_, group) => actsOf(scene, group)).flat();
  return { groups, users: more, devices, acts: [...acts, ...faults(scene, acts)] };
}

function actsOf(scene: Scene, group: number): Act[] {
  const { random, users, restMs } = scene;
  const founder = random.below(users);
  const others = everybodyIn(scene).filter((user) => user !== founder && random.chance(0.6));
  const birth = { group, atMs: random.between(200, restMs * 0.3), founder, others };
  const device = deviceOf(scene, [founder]);
  const wish: GroupWish = { kind: "create", users: others };
  return [
    { atMs: birth.atMs, kind: "group change", group, device, wish },
    ...sends(scene, birth),
    ...changes(scene, birth),
  ];
}

interface Birth {
  readonly group: number;
  readonly atMs: number;
  readonly founder: number;
  readonly others: readonly number[];
}

function sends(scene: Scene, { group, atMs: bornMs, founder, others }: Birth): Act[] {
  const { random, restMs } = scene;
  const bursts = Array.from({ length: 3 + random.below(15) }, () => {
    const device = deviceOf(scene, random.chance(0.8) ? [founder, ...others] : everybodyIn(scene));
    const count = random.chance(0.1) ? 20 + random.below(20) : 1 + random.below(6);
    let atMs = random.between(bornMs, restMs);
    return Array.from({ length: count }, (): Act => {
      const size = random.chance(0.05) ? random.below(8_000) : TEXT_SIZE;
      atMs += random.skewed(0.1, 500);
      return { atMs, kind: "group send", group, device, size };
    });
  });
  return bursts.flat().filter(({ atMs }) => atMs < restMs);
}

function changes(scene: Scene, { group, atMs: bornMs, founder }: Birth): Act[] {
  const { random, users, restMs } = scene;
  let atMs = bornMs;
  return Array.from({ length: 6 + random.below(30) }, () => {
    // Now and then several at the same time.
    if (!random.chance(0.3)) atMs = random.between(bornMs, restMs);
    const kind = random.pick(WISHES);
    const about = Array.from({ length: 1 + random.below(2) }, () => random.below(users));
    const wish = { kind, users: ALONE.has(kind) ? [] : [...new Set(about)] };
    const device = deviceOf(scene, random.chance(0.6) ? [founder] : everybodyIn(scene));
    return { atMs, kind: "group change", group, device, wish };
  });
}

/** Everybody there is. */
function everybodyIn({ users }: Scene): number[] {
  return Array.from({ length: users }, (_, user) => user);
}

/** A device of one of them. */
function deviceOf({ random, devices }: Scene, of: readonly number[]): number {
  return random.pick(devices.flatMap(({ user }, index) => (of.includes(user) ? [index] : [])));
}

/** Wishes that name nobody. */
const ALONE: ReadonlySet<GroupWish["kind"]> = new Set([
  ...(["leave", "link", "join", "rename", "admins speak", "all speak"] as const),
]);

/** The likelier ones several times. */
const WISHES: readonly GroupWish["kind"][] = [
  ...(["add", "add", "add", "add", "remove", "remove", "remove", "leave", "leave"] as const),
  ...(["link", "join", "promote", "promote", "demote", "transfer"] as const),
  ...(["rename", "admins speak", "all speak"] as const),
];

/** Trouble where changes go through, most of it just when one is on its way. */
function faults(scene: Scene, acts: readonly Act[]): Act[] {
  const changes = acts.filter(({ kind }) => kind === "group change");
  return nearFaults(scene, changes, FAULTS);
}

const FAULTS: readonly FaultMaker[] = [
  (random) => ({ kind: "kill", module: "group", ...brief(random, 50, 5_000), silent: false }),
  (random) => ({ kind: "kill", module: "session", ...brief(random, 50, 2_000), silent: false }),
  (random) => ({ kind: "kill", module: "receipts", ...brief(random, 50, 5_000), silent: true }),
  (random) => ({ kind: "kill", module: "gateway-1", ...brief(random, 50, 2_000), silent: true }),
  (random) => ({ kind: "restart", module: "group", ...brief(random, 10, 1_000) }),
  (random) => ({ kind: "pause", module: "group", ...brief(random, 100, 20_000) }),
  (random) => ({ kind: "pause", module: "session", ...brief(random, 100, 10_000) }),
  (random) => ({
    kind: "partition",
    ...random.pick([
      { from: "gateway-1", to: "group" },
      { from: "group", to: "session" },
      { from: "group", to: "auth" },
    ]),
    ...brief(random, 50, 20_000),
    oneWay: random.chance(0.5),
  }),
  diskFails("group", "session"),
];
