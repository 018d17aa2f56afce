import { blockActs } from "./blocks/acts.js";
import { faults } from "./fates.js";
import { groupPlan } from "./groups/acts.js";
import type { Weather } from "./network-model.js";
import { Random } from "./random.js";
import type { DiskSpeed } from "./sim-disk.js";

/** One thing that is done to the system, by its users or by fate. Times in simulated milliseconds. */
export type Act = { readonly atMs: number } & (
  | { readonly kind: "send"; readonly device: number; readonly peer: number; readonly size: number }
  | { readonly kind: "read" | "ask"; readonly device: number }
  | { readonly kind: "block" | "unblock"; readonly device: number; readonly peer: number }
  | {
      readonly kind: "group send";
      readonly group: number;
      readonly device: number;
      readonly size: number;
    }
  | {
      readonly kind: "group change";
      readonly group: number;
      readonly device: number;
      readonly wish: GroupWish;
    }
  | {
      readonly kind: "offline";
      readonly device: number;
      readonly forMs: number;
      readonly silent: boolean;
    }
  | { readonly kind: "sleep"; readonly device: number; readonly forMs: number }
  | {
      readonly kind: "kill device";
      readonly device: number;
      readonly forMs: number;
      readonly silent: boolean;
    }
  | {
      readonly kind: "slow reader";
      readonly device: number;
      readonly forMs: number;
      readonly rate: number;
    }
  | {
      readonly kind: "kill";
      readonly module: string;
      readonly forMs: number;
      readonly silent: boolean;
    }
  | { readonly kind: "restart"; readonly module: string; readonly forMs: number }
  | { readonly kind: "pause"; readonly module: string; readonly forMs: number }
  | {
      readonly kind: "partition";
      readonly from: string;
      readonly to: string;
      readonly forMs: number;
      readonly oneWay: boolean;
    }
  | { readonly kind: "cut"; readonly from: string; readonly to: string }
  | { readonly kind: "half-open"; readonly from: string; readonly to: string }
  | {
      readonly kind: "lose frames";
      readonly from: string;
      readonly to: string;
      readonly forMs: number;
      readonly share: number;
      readonly oneOf: number;
      readonly salt: number;
    }
  | {
      readonly kind: "disk slow";
      readonly module: string;
      readonly forMs: number;
      readonly slowness: number;
    }
  | {
      readonly kind: "disk fails";
      readonly module: string;
      readonly forMs: number;
      readonly reads: number;
      readonly writes: number;
      readonly openings: number;
      readonly applied: number;
      readonly late: number;
      readonly hangMs: number;
    }
  | { readonly kind: "revoke"; readonly device: number }
  | { readonly kind: "clock jumps"; readonly module: string; readonly byMs: number }
);

/** A change of a group that somebody asks for, and the users it is about. */
export interface GroupWish {
  readonly kind:
    | "create"
    | "add"
    | "remove"
    | "leave"
    | "link"
    | "join"
    | "promote"
    | "demote"
    | "transfer"
    | "rename"
    | "admins speak"
    | "all speak";
  readonly users: readonly number[];
}

export type ActKind = Act["kind"];
export const USER_ACTS: ReadonlySet<ActKind> = new Set([
  ...(["send", "read", "ask", "block", "unblock", "group send", "group change"] as const),
]);

export interface PlannedDevice {
  readonly user: number;
  readonly json: boolean;
  /** When it is switched on for the first time. */
  readonly firstMs: number;
}

/** Everything about a run that the seed decides before it begins. */
export interface Plan {
  readonly seed: number;
  readonly users: number;
  readonly devices: readonly PlannedDevice[];
  readonly parsers: number;
  readonly gateways: number;
  readonly groups: number;
  /** Without it parsers drop what is for it. */
  readonly presence: boolean;
  readonly weather: Weather;
  readonly disk: DiskSpeed;
  /** Settings of the services that make their rarer paths common. */
  readonly attentionMs: number;
  readonly cursorFlushMs: number;
  readonly bufferBytes: number;
  readonly receiptsFlushMs: number;
  readonly conversationsMax: number;
  /** When users and fate come to rest. */
  readonly restMs: number;
  readonly acts: readonly Act[];
}

const TEXT_SIZE = 40;

export function makePlan(seed: number): Plan {
  const random = new Random(`plan ${seed}`);
  const users = 2 + random.below(3);
  const restMs = random.between(20_000, 90_000);
  const devices = Array.from({ length: users + random.below(users + 2) }, (_, index) => ({
    user: index < users ? index : random.below(users),
    json: random.chance(0.3),
    firstMs: index < users || random.chance(0.7) ? 0 : random.between(0, restMs),
  }));
  const group = groupPlan(seed, { users, devices, restMs });
  const parsers = 1 + random.below(2);
  const gateways = 1 + random.below(2);
  const blocks = blockActs(seed, { users, devices, restMs });
  const scene = { random, users, devices, restMs, modules: modulesOf(parsers, gateways) };
  return {
    seed,
    users: users + group.users,
    devices: [...devices, ...group.devices],
    parsers,
    gateways,
    groups: group.groups,
    presence: false,
    weather: {
      latencyMs: random.skewed(0.2, 80),
      spikes: random.chance(0.5) ? 0 : random.skewed(0.001, 0.1),
      spikeMs: random.skewed(20, 3_000),
    },
    disk: { readMs: random.skewed(0.05, 5), syncMs: random.skewed(0.2, 40) },
    attentionMs: random.pick([1_000, 5_000, 60_000]),
    cursorFlushMs: random.pick([500, 5_000, 30_000]),
    bufferBytes: random.pick([4_096, 16_384, 32_768]),
    receiptsFlushMs: random.pick([0, 0, 100]),
    conversationsMax: random.pick([1, 100]),
    restMs,
    acts: [...userActs(scene), ...troubles(scene), ...group.acts, ...blocks].sort(
      (a, b) => a.atMs - b.atMs,
    ),
  };
}

/** Those who come for the groups have their first devices behind the others': none of them is revoked. */
function troubles(scene: Scene): Act[] {
  return faults(scene).filter((act) => act.kind !== "revoke" || scene.devices[act.device]);
}

export function modulesOf(parsers: number, gateways: number): string[] {
  const named = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
  return ["receipts", "session", ...named("parser", parsers), ...named("gateway", gateways)];
}

/** What the acts of a plan are about. */
export interface Scene {
  readonly random: Random;
  readonly users: number;
  readonly devices: readonly PlannedDevice[];
  readonly restMs: number;
  readonly modules: readonly string[];
}

function userActs({ random, users, devices, restMs }: Scene): Act[] {
  const acts: Act[] = [];
  const bursts = 3 + random.below(25);
  for (let burst = 0; burst < bursts; burst++) {
    const device = random.below(devices.length);
    const from = devices[device] as PlannedDevice;
    const peer = (from.user + 1 + random.below(users - 1)) % users;
    let atMs = random.between(Math.min(from.firstMs, restMs * 0.9), restMs);
    const count = random.chance(0.1) ? 20 + random.below(60) : 1 + random.below(5);
    for (let i = 0; i < count && atMs < restMs; i++) {
      const size = random.chance(0.05) ? random.below(8_000) : TEXT_SIZE;
      acts.push({ atMs, kind: "send", device, peer, size });
      atMs += random.skewed(0.1, 500);
    }
  }
  const reads = random.below(30);
  for (let i = 0; i < reads; i++) {
    const device = random.below(devices.length);
    acts.push({ atMs: random.between(0, restMs), kind: "read", device });
  }
  if (random.chance(0.2)) {
    const device = random.below(devices.length);
    acts.push({ atMs: random.between(0, restMs), kind: "ask", device });
  }
  return acts;
}
