import { closedLoop } from "./load/closed-loop.js";
import {
  all,
  type Contender,
  mesh,
  type Running,
  refuseBusyGenerator,
  uwsFloor,
  withContenders,
} from "./load/contenders.js";
import { type OpenLoopResult, openLoop } from "./load/open-loop.js";
import { peerPrefixes } from "./peers/contenders.js";
import type { Report, Row } from "./rig/report.js";
import { interleaved, type Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

/** How much is sent. */
export interface LatencyBenchSize {
  readonly pairs: number;
  /** How long the highest rate is looked for, per round. */
  readonly maximumSeconds: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  /** Cores the generator may use before its result is refused. */
  readonly generatorCoresMax: number;
}

export const latencyBenchSizes = {
  full: {
    pairs: 50,
    maximumSeconds: 1,
    seconds: 4,
    rounds: 5,
    warmUps: 2,
    generatorCoresMax: 0.8,
  },
  smoke: {
    pairs: 2,
    maximumSeconds: 0.2,
    seconds: 0.3,
    rounds: 1,
    warmUps: 0,
    generatorCoresMax: 2,
  },
} as const satisfies Record<string, LatencyBenchSize>;

export const latencyContenders: readonly Contender[] = [uwsFloor, all, mesh];

/** Share of its highest rate at which each server is measured. */
const LOAD = 0.5;

/** Messages under way per pair while the highest rate is looked for. */
const IN_FLIGHT = 4;

/** How long until the author sees the ticks, at half of what the server can carry? */
export function latencyBench(
  size: LatencyBenchSize,
  contenders: readonly Contender[],
  say: Say,
): Promise<Report> {
  return withContenders(contenders, size.pairs, say, async (running) => {
    const highest = await highestRates(running, size, say);
    const variants = running.map((one) => ({
      name: one.contender.name,
      run: () => checked(one, (highest.get(one.contender.name) as number) * LOAD, size),
    }));
    const results = await interleaved(variants, { ...size, say });
    const rows = running.map(({ contender }) =>
      rowOf(contender, results.get(contender.name) ?? [], size.seconds),
    );
    return reportOf(rows, size);
  });
}

/** Messages per second in a closed loop, the median of the rounds. */
async function highestRates(
  running: readonly Running[],
  { maximumSeconds, rounds, warmUps }: LatencyBenchSize,
  say: Say,
): Promise<Map<string, number>> {
  const variants = running.map(({ contender, subject, pairs }) => ({
    name: contender.name,
    async run() {
      const result = await closedLoop(subject, pairs, IN_FLIGHT, maximumSeconds);
      if (result.fault !== "") throw new Error(`${contender.name}: ${result.fault}`);
      return result.messagesPerS;
    },
  }));
  const sayHere = (line: string) => say(`highest rate: ${line}`);
  const found = await interleaved(variants, { rounds, warmUps, say: sayHere });
  return new Map([...found].map(([name, rates]) => [name, spreadOf(rates).median]));
}

async function checked({ contender, pairs }: Running, perS: number, size: LatencyBenchSize) {
  const result = await openLoop(pairs, { perS, seconds: size.seconds });
  if (result.fault !== "") throw new Error(`${contender.name}: ${result.fault}`);
  refuseBusyGenerator(contender, result.generatorShare, size.generatorCoresMax);
  return result;
}

function rowOf(contender: Contender, rounds: readonly OpenLoopResult[], seconds: number): Row {
  const { name, kind } = contender;
  const spread = (figure: (round: OpenLoopResult) => number) => spreadOf(rounds.map(figure));
  const variant = kind === "floor" ? "floor" : name;
  return {
    variant,
    prefix: kind === "peer" ? `peer.${name}.latency.` : `latency.${variant}.`,
    figures: {
      p50_ms: spread(({ read }) => read.p50),
      p99_ms: spread(({ read }) => read.p99),
      p99_9_ms: spread(({ read }) => read.p999),
      max_ms: spread(({ read }) => read.max),
      sent_p50_ms: spread(({ sent }) => sent.p50),
      sent_p99_ms: spread(({ sent }) => sent.p99),
      late_p99_ms: spread(({ late }) => late.p99),
      messages_per_s: spread(({ messages }) => messages / seconds),
      generator_cores: spread(({ generatorShare }) => generatorShare),
    },
  };
}

/** How much longer the product takes than each peer, at the 99th percentile. */
function ratiosOf(rows: readonly Row[]): Record<string, number> {
  const ratios: Record<string, number> = {};
  const p99 = ({ figures }: Row) => figures.p99_ms?.median ?? Number.NaN;
  const products = rows.filter(({ variant }) => ["all", "mesh"].includes(variant));
  for (const other of rows.filter((row) => !products.includes(row))) {
    for (const product of products) {
      ratios[`${product.variant}_p99_over_${other.variant}`] = p99(product) / p99(other);
    }
  }
  return ratios;
}

function reportOf(rows: readonly Row[], { pairs, seconds }: LatencyBenchSize): Report {
  return {
    bench: "latency",
    question: "how long until the author sees the ticks, at half load?",
    method:
      `${pairs} pairs; messages are sent at random times (Poisson, seeded) for ${seconds} s, whatever the ` +
      "server does, at half the rate that each server showed in a closed loop of this run, so that the " +
      "rates differ (messages_per_s). Measured from when a message was to be sent until its author saw that it " +
      "was read (p50 to max) or had its ✓ (sent); percentiles of a round, then the median of the rounds. " +
      "late: how late the generator was itself, which is part of the others; it sends once per millisecond. " +
      "✓ of chatmesh: on disk, synced · of the others: in memory.",
    rows,
    derived: ratiosOf(rows),
    prefixes: peerPrefixes("latency"),
    plots: {
      read: {
        kind: "bars",
        title: "From sending until the author sees it read, at half load",
        axis: "latency (ms)",
        better: "lower",
        figures: { p50_ms: "p50", p99_ms: "p99", p99_9_ms: "p99.9" },
      },
    },
  };
}
