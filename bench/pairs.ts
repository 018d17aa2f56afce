import { closedLoop, connectPairs, type PairsResult } from "./load/closed-loop.js";
import { floorSubject, type LoadPair, meshSubject, type Subject } from "./load/subject.js";
import type { Report } from "./rig/report.js";
import { interleaved, type Variant } from "./rig/rounds.js";
import { type Spread, spreadOf } from "./rig/stats.js";

/** How much is sent. */
export interface PairsBenchSize {
  readonly pairs: number;
  /** Messages under way per pair. */
  readonly inFlight: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  /** Cores the generator may use before its result is refused: it would be measuring itself. */
  readonly generatorCoresMax: number;
}

export const pairsBenchSizes = {
  full: { pairs: 50, inFlight: 4, seconds: 8, rounds: 5, warmUps: 1, generatorCoresMax: 0.8 },
  smoke: { pairs: 2, inFlight: 2, seconds: 0.3, rounds: 1, warmUps: 0, generatorCoresMax: 2 },
} as const satisfies Record<string, PairsBenchSize>;

type Starter = readonly [name: string, start: () => Promise<Subject>];

const full: readonly Starter[] = [
  ["floor", () => floorSubject("uws")],
  ["floor-ws", () => floorSubject("ws")],
  ["all", () => meshSubject("all")],
  ["mesh", () => meshSubject("processes")],
];

/** What does a fully receipted 1:1 message cost: sent, delivered and read? */
export async function pairsBench(
  size: PairsBenchSize,
  starters: readonly Starter[] = full,
): Promise<Report> {
  const running: { subject: Subject; pairs: LoadPair[] }[] = [];
  const variants: Variant<PairsResult>[] = [];
  try {
    for (const [name, start] of starters) {
      const subject = await start();
      const pairs: LoadPair[] = [];
      running.push({ subject, pairs });
      pairs.push(...(await connectPairs(subject, size.pairs)));
      variants.push({ name, run: () => checked(subject, pairs, size) });
    }
    return reportOf(await interleaved(variants, size), size);
  } finally {
    for (const { subject, pairs } of running) {
      for (const pair of pairs) pair.close();
      await subject.stop();
    }
  }
}

async function checked(subject: Subject, pairs: LoadPair[], size: PairsBenchSize) {
  const result = await closedLoop(subject, pairs, size.inFlight, size.seconds);
  if (result.fault !== "") throw new Error(`${subject.name}: ${result.fault}`);
  if (result.generatorShare > size.generatorCoresMax) {
    throw new Error(`${subject.name}: the generator used ${result.generatorShare} of a core`);
  }
  return result;
}

function reportOf(results: Map<string, PairsResult[]>, size: PairsBenchSize): Report {
  const rows = [...results].map(([variant, rounds]) => ({
    variant,
    figures: {
      cpu_us_per_message: spreadOf(rounds.map((round) => round.cpuUsPerMessage)),
      messages_per_s: spreadOf(rounds.map((round) => round.messagesPerS)),
      frames_per_message: spreadOf(rounds.map((round) => round.framesPerMessage)),
      generator_cores: spreadOf(rounds.map((round) => round.generatorShare)),
    } satisfies Record<string, Spread>,
  }));
  const cpu = (variant: string) =>
    rows.find((row) => row.variant === variant)?.figures.cpu_us_per_message.median ?? Number.NaN;
  const derived: Record<string, number> = {};
  for (const { variant } of rows) {
    if (variant !== "floor") derived[`${variant}_over_floor`] = cpu(variant) / cpu("floor");
  }
  return {
    bench: "pairs",
    question: "what does a fully receipted 1:1 message cost?",
    method:
      `${size.pairs} pairs with ${size.inFlight} messages under way each, every one sent, delivered, ` +
      "acknowledged, read and told so to its author, checked one by one; CPU of all server " +
      "processes. floor: a relay of the same frames in memory on uWebSockets.js · floor-ws: the " +
      "same on ws · all: chatmesh in one process · mesh: chatmesh as five processes; both durable, " +
      "with everything on. frames_per_message counts frames to clients: receipts are coalesced.",
    rows,
    derived,
  };
}
