import type { Act, GroupWish, PlannedDevice } from "../plan.js";
import { Random } from "../random.js";

/** How often somebody may come into one group: as many intervals are remembered of him, and one is kept spare. */
const ENTRIES_MAX = 7;
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
  const { random, users, devices, restMs } = scene;
  const everybody = Array.from({ length: users }, (_, user) => user);
  const founder = random.below(users);
  const others = everybody.filter((user) => user !== founder && random.chance(0.6));
  const entries = new Map([founder, ...others].map((user) => [user, 1]));
  const bornMs = random.between(200, restMs * 0.3);
  const some = (at: readonly number[]) => {
    const theirs = devices.flatMap(({ user }, index) => (at.includes(user) ? [index] : []));
    return random.pick(theirs.length > 0 ? theirs : devices.map((_, index) => index));
  };
  const acts: Act[] = [
    {
      atMs: bornMs,
      kind: "group change",
      group,
      device: some([founder]),
      wish: { kind: "create", users: others },
    },
  ];
  const bursts = 3 + random.below(15);
  for (let burst = 0; burst < bursts; burst++) {
    const device = some(random.chance(0.8) ? [founder, ...others] : everybody);
    const count = random.chance(0.1) ? 20 + random.below(20) : 1 + random.below(6);
    let atMs = random.between(bornMs, restMs);
    for (let i = 0; i < count && atMs < restMs; i++) {
      const size = random.chance(0.05) ? random.below(8_000) : TEXT_SIZE;
      acts.push({ atMs, kind: "group send", group, device, size });
      atMs += random.skewed(0.1, 500);
    }
  }
  const changes = 4 + random.below(20);
  let atMs = bornMs;
  for (let i = 0; i < changes; i++) {
    // Now and then several at the same time.
    if (!random.chance(0.3)) atMs = random.between(bornMs, restMs);
    const wish = wishOf(scene, entries);
    const device = some(random.chance(0.6) ? [founder] : everybody);
    acts.push({ atMs, kind: "group change", group, device, wish });
  }
  return acts;
}

function wishOf({ random, users }: Scene, entries: Map<number, number>): GroupWish {
  const someone = random.below(users);
  const enters = (user: number) => {
    const times = (entries.get(user) ?? 0) + 1;
    if (times > ENTRIES_MAX) return false;
    entries.set(user, times);
    return true;
  };
  const rename: GroupWish = { kind: "rename", users: [] };
  const wish = random.pick(WISHES);
  // Anybody may be the one who joins by the link.
  if (wish === "join") {
    const everybody = Array.from({ length: users }, (_, user) => user);
    return everybody.every((user) => (entries.get(user) ?? 0) < ENTRIES_MAX) &&
      everybody.every(enters)
      ? { kind: wish, users: [] }
      : rename;
  }
  if (wish !== "add") return { kind: wish, users: [someone] };
  const wanted = [someone, random.below(users)].slice(0, 1 + random.below(2));
  const added = [...new Set(wanted)].filter(enters);
  return added.length > 0 ? { kind: wish, users: added } : rename;
}

/** The likelier ones several times. */
const WISHES: readonly GroupWish["kind"][] = [
  ...(["add", "add", "add", "add", "remove", "remove", "remove", "leave", "leave"] as const),
  ...(["link", "join", "promote", "promote", "demote", "transfer"] as const),
  ...(["rename", "admins speak", "all speak"] as const),
];

/** Trouble where changes go through, most of it just when one is on its way. */
function faults({ random, restMs }: Scene, acts: readonly Act[]): Act[] {
  const changes = acts.filter(({ kind }) => kind === "group change");
  const makers = Array.from({ length: random.below(5) }, () => random.pick(FAULTS));
  return makers.flatMap((make) =>
    Array.from({ length: 1 + random.below(4) }, () => {
      const near = random.pick(changes).atMs + random.skewed(1, 2_000);
      const atMs = random.chance(0.7) ? Math.min(near, restMs) : random.between(0, restMs);
      return { atMs, ...make(random) } as Act;
    }),
  );
}

const FAULTS: readonly ((random: Random) => Record<string, unknown>)[] = [
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
  (random) => ({
    kind: "disk fails",
    module: random.pick(["group", "session"]),
    ...brief(random, 50, 10_000),
    reads: random.pick([0, 0.3, 1]),
    writes: random.pick([0.1, 0.5, 1]),
    openings: random.pick([0, 0.5]),
    applied: random.pick([0, 0.5, 1]),
    late: random.pick([0, 0.5]),
    hangMs: random.pick([0, 5_000]),
  }),
];

function brief(random: Random, fromMs: number, toMs: number) {
  return { forMs: random.skewed(fromMs, toMs) };
}
