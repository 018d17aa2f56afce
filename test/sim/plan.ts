import type { Weather } from "./network-model.js";
import { Random } from "./random.js";
import type { DiskSpeed } from "./sim-disk.js";

/** One thing that is done to the system, by its users or by fate. Times in simulated milliseconds. */
export type Act = { readonly atMs: number } & (
  | { readonly kind: "send"; readonly device: number; readonly peer: number; readonly size: number }
  | { readonly kind: "read" | "ask"; readonly device: number }
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

export type ActKind = Act["kind"];
export const USER_ACTS: ReadonlySet<ActKind> = new Set(["send", "read", "ask"]);

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
  const parsers = 1 + random.below(2);
  const gateways = 1 + random.below(2);
  const scene = { random, users, devices, restMs, modules: modulesOf(parsers, gateways) };
  return {
    seed,
    users,
    devices,
    parsers,
    gateways,
    weather: {
      latencyMs: random.skewed(0.2, 80),
      spikes: random.chance(0.5) ? 0 : random.skewed(0.001, 0.1),
      spikeMs: random.skewed(20, 3_000),
    },
    disk: { readMs: random.skewed(0.05, 5), syncMs: random.skewed(0.2, 40) },
    attentionMs: random.pick([1_000, 5_000, 60_000]),
    cursorFlushMs: random.pick([500, 5_000, 30_000]),
    bufferBytes: random.pick([4_096, 16_384, 262_144]),
    receiptsFlushMs: random.pick([0, 0, 100]),
    conversationsMax: random.pick([1, 100]),
    restMs,
    acts: [...userActs(scene), ...faults(scene)].sort((a, b) => a.atMs - b.atMs),
  };
}

export function modulesOf(parsers: number, gateways: number): string[] {
  const named = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
  return ["receipts", "session", ...named("parser", parsers), ...named("gateway", gateways)];
}

interface Scene {
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

/** A few kinds of trouble per run, each several times: rare pairs meet often when a run has few kinds. */
function faults(scene: Scene): Act[] {
  const { random, restMs } = scene;
  const makers = Object.values(fates);
  const kinds = Array.from({ length: random.below(6) }, () => random.pick(makers));
  // Now and then one of them does not stop.
  const times = () => (random.chance(0.1) ? 5 + random.below(15) : 1 + random.below(5));
  return kinds.flatMap((make) =>
    Array.from({ length: times() }, () => ({
      atMs: random.between(0, restMs),
      ...make(scene),
    })),
  ) as Act[];
}

type Fate = { readonly kind: ActKind } & Record<string, unknown>;

const fates: readonly ((scene: Scene) => Fate)[] = [
  (scene) => ({
    kind: "offline",
    ...someDevice(scene),
    ...lasting(scene, 100, 60_000),
    ...silent(scene),
  }),
  (scene) => ({ kind: "sleep", ...someDevice(scene), ...lasting(scene, 100, 60_000) }),
  (scene) => ({
    kind: "kill device",
    ...someDevice(scene),
    ...lasting(scene, 10, 30_000),
    ...silent(scene),
  }),
  (scene) => ({
    kind: "slow reader",
    ...someDevice(scene),
    ...lasting(scene, 1_000, 40_000),
    rate: scene.random.skewed(0.1, 5),
  }),
  (scene) => ({
    kind: "kill",
    ...someModule(scene),
    ...lasting(scene, 50, 10_000),
    ...silent(scene),
  }),
  (scene) => ({
    kind: "kill",
    module: scene.random.pick(["session", "receipts"]),
    ...lasting(scene, 50, 2_000),
    ...silent(scene),
  }),
  (scene) => ({ kind: "restart", ...someModule(scene), ...lasting(scene, 10, 5_000) }),
  (scene) => ({ kind: "pause", ...someModule(scene), ...lasting(scene, 100, 40_000) }),
  (scene) => ({
    kind: "partition",
    ...somePair(scene),
    ...lasting(scene, 50, 40_000),
    oneWay: scene.random.chance(0.5),
  }),
  (scene) => ({ kind: "cut", ...somePair(scene) }),
  (scene) => ({ kind: "half-open", ...somePair(scene) }),
  (scene) => ({
    kind: "lose frames",
    ...somePair(scene, true),
    ...lasting(scene, 2_000, 60_000),
    share: scene.random.pick([0.1, 0.5, 1]),
    oneOf: scene.random.pick([1, 3, 6]),
    salt: scene.random.below(2 ** 30),
  }),
  (scene) => ({
    kind: "disk slow",
    ...someDisk(scene),
    ...lasting(scene, 100, 20_000),
    slowness: scene.random.skewed(3, 1_000),
  }),
  (scene) => ({
    kind: "disk fails",
    ...someDisk(scene),
    ...lasting(scene, 50, 15_000),
    ...likely(scene),
  }),
  // Never a user's first device: somebody must be there to receive.
  (scene) => ({ kind: "revoke", device: scene.users + scene.random.below(scene.users) }),
  (scene) => ({
    kind: "clock jumps",
    ...someModule(scene),
    byMs: scene.random.between(-3_600_000, 3_600_000),
  }),
];

const someDevice = ({ random, devices }: Scene) => ({ device: random.below(devices.length) });
const someModule = ({ random, modules }: Scene) => ({ module: random.pick(modules) });
const someDisk = ({ random }: Scene) => ({ module: random.pick(["session", "receipts"]) });
const silent = ({ random }: Scene) => ({ silent: random.chance(0.3) });
const lasting = ({ random }: Scene, fromMs: number, toMs: number) => ({
  forMs: random.skewed(fromMs, toMs),
});

/** What becomes of failed writes: how many are made at once, and how many of the others by the next opening. */
const OUTCOMES = [
  [0, 0],
  [1, 0],
  [0, 1],
  [0.5, 0.5],
] as const;

function likely({ random }: Scene) {
  const some = (often: number) => (random.chance(often) ? random.skewed(0.02, 1) : 0);
  const [applied, late] = random.pick(OUTCOMES);
  const hangMs = random.chance(0.3) ? random.skewed(100, 30_000) : 0;
  return { reads: some(0.4), writes: some(0.8), openings: some(0.3), applied, late, hangMs };
}

/** Two processes that talk to each other. */
function somePair({ random, modules, devices }: Scene, eitherWay = false) {
  const of = (name: string) => random.pick(modules.filter((module) => module.startsWith(name)));
  const { from, to } = random.pick([
    () => ({ from: "session", to: "receipts" }),
    () => ({ from: of("parser"), to: "session" }),
    () => ({ from: of("gateway"), to: of("parser") }),
    () => ({ from: `device-${random.below(devices.length)}`, to: of("gateway") }),
    () => ({ from: "session", to: "auth" }),
  ])();
  return eitherWay && random.chance(0.5) ? { from: to, to: from } : { from, to };
}
