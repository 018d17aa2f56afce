import { closedLoop, type PairsResult } from "./load/closed-loop.js";
import {
  all,
  type Contender,
  mesh,
  type Running,
  refuseBusyGenerator,
  uwsFloor,
  withContenders,
  wsFloor,
} from "./load/contenders.js";
import { peerPrefixes } from "./peers/contenders.js";
import { cpuPlot, type Plot } from "./rig/plot.js";
import type { Report, Row } from "./rig/report.js";
import { interleaved, type Say } from "./rig/rounds.js";
import { type Spread, spreadOf } from "./rig/stats.js";

/** How much is sent. */
export interface PairsBenchSize {
  readonly name: "pairs" | "pairs200";
  readonly pairs: number;
  /** Messages under way per pair. */
  readonly inFlight: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  /** Cores the generator may use before its result is refused: it would be measuring itself. */
  readonly generatorCoresMax: number;
}

// The compilers of a server that has just started need some ten seconds of load to be done.
const full = { seconds: 3, rounds: 5, warmUps: 4, generatorCoresMax: 0.8 };
const smoke = { seconds: 0.3, rounds: 1, warmUps: 0, generatorCoresMax: 2 };

export const pairsBenchSizes = {
  full: { name: "pairs", pairs: 50, inFlight: 4, ...full },
  smoke: { name: "pairs", pairs: 2, inFlight: 2, ...smoke },
} as const satisfies Record<string, PairsBenchSize>;

export const pairs200BenchSizes = {
  full: { name: "pairs200", pairs: 200, inFlight: 1, ...full },
  smoke: { name: "pairs200", pairs: 4, inFlight: 1, ...smoke },
} as const satisfies Record<string, PairsBenchSize>;

export const pairsContenders: readonly Contender[] = [uwsFloor, wsFloor, all, mesh];

interface PairsRow extends Row {
  readonly contender: Contender;
  readonly figures: Readonly<Record<"cpu_us_per_message" | "messages_per_s", Spread>> &
    Row["figures"];
}

/** What does a fully receipted 1:1 message cost: sent, delivered and read? */
export function pairsBench(
  size: PairsBenchSize,
  contenders: readonly Contender[],
  say: Say,
): Promise<Report> {
  return withContenders(contenders, size.pairs, say, async (running) => {
    const variants = running.map((one) => ({
      name: one.contender.name,
      run: () => checked(one, size),
    }));
    const results = await interleaved(variants, { ...size, say });
    const rows = running.map(({ contender }) =>
      rowOf(size.name, contender, results.get(contender.name) ?? []),
    );
    return reportOf(rows, size);
  });
}

async function checked({ contender, subject, pairs }: Running, size: PairsBenchSize) {
  const result = await closedLoop(subject, pairs, size.inFlight, size.seconds);
  if (result.fault !== "") throw new Error(`${contender.name}: ${result.fault}`);
  refuseBusyGenerator(contender, result.generatorShare, size.generatorCoresMax);
  return result;
}

function rowOf(
  bench: PairsBenchSize["name"],
  contender: Contender,
  rounds: readonly PairsResult[],
): PairsRow {
  const { name, kind } = contender;
  const spread = (figure: (round: PairsResult) => number) => spreadOf(rounds.map(figure));
  const prefixes = {
    floor: `${floorsOf(bench)}${name}.`,
    product: `${bench}.${name}.`,
    peer: `peer.${name}.${bench}.`,
  };
  return {
    contender,
    variant: kind === "floor" ? `floor, ${name}` : name,
    prefix: prefixes[kind],
    figures: {
      cpu_us_per_message: spread((round) => round.cpuUsPerMessage),
      messages_per_s: spread((round) => round.messagesPerS),
      frames_per_message: spread((round) => round.framesPerMessage),
      server_cores: spread((round) => round.serverCores),
      generator_cores: spread((round) => round.generatorShare),
      ...(kind === "product" && byProcess(rounds)),
    },
  };
}

const BY_PROCESS = "_us_per_message";

/** CPU of each process, where there are several. */
function byProcess(rounds: readonly PairsResult[]): Record<string, Spread> {
  const names = Object.keys(rounds[0]?.byProcess ?? {});
  if (names.length < 2) return {};
  return Object.fromEntries(
    names.map((name) => [
      name + BY_PROCESS,
      spreadOf(rounds.map((round) => round.byProcess[name] ?? 0)),
    ]),
  );
}

function plotOf(rows: readonly Row[]): Plot {
  return cpuPlot(rows, {
    title: "What a fully receipted 1:1 message costs",
    axis: "CPU of the server per message (µs)",
    per: "message",
  });
}

/** `floor.` or `floor200.`. */
function floorsOf(bench: PairsBenchSize["name"]): string {
  return `${bench.replace("pairs", "floor")}.`;
}

/** The product over the floor and over each peer. */
function ratiosOf(rows: readonly PairsRow[]): Record<string, number> {
  const ratios: Record<string, number> = {};
  const floor = rows.find(({ contender }) => contender === uwsFloor);
  for (const { contender, figures } of rows) {
    if (contender.kind !== "product") continue;
    const over = (other: PairsRow, figure: "cpu_us_per_message" | "messages_per_s") =>
      figures[figure].median / other.figures[figure].median;
    if (floor) ratios[`${contender.name}_over_floor`] = over(floor, "cpu_us_per_message");
    const throughput = contender === mesh ? "throughput" : `${contender.name}_throughput`;
    for (const peer of rows.filter(({ contender: { kind } }) => kind === "peer")) {
      const { name } = peer.contender;
      ratios[`${contender.name}_over_${name}`] = over(peer, "cpu_us_per_message");
      ratios[`${throughput}_over_${name}`] = over(peer, "messages_per_s");
    }
  }
  return ratios;
}

function reportOf(rows: readonly PairsRow[], size: PairsBenchSize): Report {
  const hasPeers = rows.some(({ contender }) => contender.kind === "peer");
  return {
    bench: size.name,
    question: `what does a fully receipted 1:1 message cost, ${size.pairs} pairs × ${size.inFlight}?`,
    method:
      `${size.pairs} pairs with ${size.inFlight} messages under way each, every one sent, delivered, ` +
      "acknowledged, read and told so to its author, checked one by one; CPU of all server " +
      "processes. floor: a relay of the same frames in memory, on uWebSockets.js and on ws; the " +
      "generator does as much as it, so that its messages_per_s is a lower bound · all: chatmesh in " +
      "one process · mesh: chatmesh with a process per service; both durable, with everything on. " +
      (hasPeers
        ? "ejabberd, prosody: their Debian packages over XMPP, in memory; see NOTES.md. "
        : "") +
      "frames_per_message counts what comes to clients: receipts are coalesced. The ratios are of " +
      "CPU per message, those of throughput of messages per second.",
    rows,
    derived: ratiosOf(rows),
    prefixes: [floorsOf(size.name), ...peerPrefixes(size.name)],
    plots: { cpu: plotOf(rows) },
  };
}
