import type { Act, ActKind, Scene } from "./plan.js";

/** A few kinds of trouble per run, each several times: rare pairs meet often when a run has few kinds. */
export function faults(scene: Scene): Act[] {
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
