import { drainBench, drainBenchSizes } from "./drain.js";
import { fanOutBench, fanOutBenchSizes } from "./fanout.js";
import { growthBench, growthBenchSizes } from "./growth.js";
import { idleBench, idleBenchSizes } from "./idle.js";
import { latencyBench, latencyBenchSizes, latencyContenders } from "./latency.js";
import { linkBench, linkBenchSizes } from "./link.js";
import type { Contender } from "./load/contenders.js";
import {
  type PairsBenchSize,
  pairs200BenchSizes,
  pairsBench,
  pairsBenchSizes,
  pairsContenders,
} from "./pairs.js";
import { peerContenders } from "./peers/contenders.js";
import { peerIdleBench, peerIdleBenchSizes } from "./peers/idle-bench.js";
import { presenceBench, presenceBenchSizes } from "./presence.js";
import type { Report } from "./rig/report.js";
import type { Say } from "./rig/rounds.js";
import { slowBench, slowBenchSizes } from "./slow.js";
import { stormBench, stormBenchSizes } from "./storm.js";

/** How a bench is to be run. */
export interface How {
  readonly smoke: boolean;
  /** Other servers take part, in the benches that have a place for them. */
  readonly peers: boolean;
  readonly say: Say;
}

/** One question, and how to answer it. */
export interface Bench {
  readonly name: string;
  readonly question: string;
  /** Whether other servers take part: never, if asked for, or nobody else. */
  readonly peers: "none" | "some" | "only";
  /** Undefined when it cannot be answered here. */
  run(how: How): Promise<Report | undefined>;
}

/** All benches, in the order in which they run. */
export const benches: readonly Bench[] = [
  {
    name: "link",
    question: "what does a frame cost on a link, and what does batching save?",
    peers: "none",
    run: ({ smoke, say }) => linkBench(sizeOf(linkBenchSizes, smoke), say),
  },
  pairs("what does a fully receipted 1:1 message cost, many under way per pair?", pairsBenchSizes),
  pairs("what does it cost when each pair has one under way?", pairs200BenchSizes),
  {
    name: "latency",
    question: "how long until the author sees the ticks, at half load?",
    peers: "some",
    run: ({ smoke, say, peers }) =>
      latencyBench(sizeOf(latencyBenchSizes, smoke), and(latencyContenders, peers), say),
  },
  {
    name: "fanout",
    question: "what does it cost to bring a message to everybody in a group?",
    peers: "some",
    run: ({ smoke, say, peers }) => fanOutBench(sizeOf(fanOutBenchSizes, smoke), peers, say),
  },
  {
    name: "idle",
    question: "what memory does a connected device take that does nothing?",
    peers: "none",
    run: ({ smoke, say }) => idleBench(sizeOf(idleBenchSizes, smoke), say),
  },
  {
    name: "storm",
    question: "how fast do the clients of a killed gateway come back?",
    peers: "none",
    run: ({ smoke, say }) => stormBench(sizeOf(stormBenchSizes, smoke), say),
  },
  {
    name: "drain",
    question: "how fast do users get what was written while they were offline?",
    peers: "none",
    run: ({ smoke, say }) => drainBench(sizeOf(drainBenchSizes, smoke), say),
  },
  {
    name: "growth",
    question: "does a message cost more with more idle devices beside it?",
    peers: "none",
    run: ({ smoke, say }) => growthBench(sizeOf(growthBenchSizes, smoke), say),
  },
  {
    name: "slow",
    question: "what do readers cost that stop reading, and do the others feel it?",
    peers: "none",
    run: ({ smoke, say }) => slowBench(sizeOf(slowBenchSizes, smoke), say),
  },
  {
    name: "presence",
    question: "what does it cost to know who is online, and who was when?",
    peers: "none",
    run: ({ smoke, say }) => presenceBench(sizeOf(presenceBenchSizes, smoke), say),
  },
  {
    name: "peer-idle",
    question: "what does an idle device cost ejabberd and Prosody?",
    peers: "only",
    run: ({ smoke, say }) => peerIdleBench(sizeOf(peerIdleBenchSizes, smoke), say),
  },
];

function pairs(question: string, sizes: Record<"full" | "smoke", PairsBenchSize>): Bench {
  return {
    name: sizes.full.name,
    question,
    peers: "some",
    run: ({ smoke, say, peers }) =>
      pairsBench(sizeOf(sizes, smoke), and(pairsContenders, peers), say),
  };
}

function sizeOf<F, S>(sizes: { readonly full: F; readonly smoke: S }, smoke: boolean): F | S {
  return smoke ? sizes.smoke : sizes.full;
}

function and(contenders: readonly Contender[], peers: boolean): readonly Contender[] {
  return peers ? [...contenders, ...peerContenders] : contenders;
}
