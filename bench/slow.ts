import { setTimeout as after } from "node:timers/promises";
import { connectPairs } from "./load/closed-loop.js";
import { Crowd, type CrowdSize, floodBytes } from "./load/crowd.js";
import { type Installation, startInstallation } from "./load/installation.js";
import { type OpenLoopResult, openLoop } from "./load/open-loop.js";
import type { LoadPair } from "./load/subject.js";
import { residentBytes, slope, tcpBytes } from "./rig/memory.js";
import type { Report } from "./rig/report.js";
import type { Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface SlowBenchSize extends CrowdSize {
  readonly pairs: number;
  /** Messages of the pairs together, and of the crowd's author. */
  readonly perS: number;
  readonly crowdPerS: number;
  readonly seconds: number;
  readonly rounds: number;
  /** From the collection of garbage to the reading of memory. */
  readonly collectMs: number;
}

export const slowBenchSizes = {
  full: {
    readers: 1_000,
    flooded: 50,
    floods: 5,
    pairs: 50,
    perS: 400,
    crowdPerS: 4,
    seconds: 6,
    rounds: 3,
    collectMs: 3_000,
  },
  smoke: {
    readers: 6,
    flooded: 1,
    floods: 2,
    pairs: 2,
    perS: 50,
    crowdPerS: 4,
    seconds: 0.5,
    rounds: 1,
    collectMs: 200,
  },
} as const satisfies Record<string, SlowBenchSize>;

const COLLECTOR = new URL("./load/collect-garbage.js", import.meta.url).href;
/** Nobody is cut off while it is measured what he costs. */
const ENV = {
  NODE_OPTIONS: `--import ${COLLECTOR}`,
  CHAT_GATEWAY_STUCK_MS: "600000",
  CHAT_GATEWAY_IDLE_MS: "960000",
  CHAT_GROUP_MEMBERS_MAX_COUNT: "1024",
};

interface Round {
  /** The pairs alone; while the readers are written to and read; while they are written to and do not. */
  readonly alone: OpenLoopResult;
  readonly reading: OpenLoopResult;
  readonly stopped: OpenLoopResult;
  readonly held: readonly Held[];
}

/** Memory with so many readers stalled. */
interface Held {
  readonly stalled: number;
  /** Resident, by process. */
  readonly byProcess: ReadonlyMap<string, number>;
  /** In the buffers of all TCP sockets. */
  readonly kernel: number;
}

/** What do readers cost that stop reading, and do the others feel it? */
export async function slowBench(size: SlowBenchSize, say: Say = () => {}): Promise<Report> {
  const rounds: Round[] = [];
  for (let n = 1; n <= size.rounds; n++) {
    say(`round ${n} of ${size.rounds}`);
    const installation = await startInstallation({
      topology: "processes",
      accounts: 1 + size.readers + 2 * size.pairs,
      env: ENV,
    });
    const crowd = new Crowd(installation, size);
    let pairs: LoadPair[] = [];
    try {
      await crowd.gather();
      pairs = await connectPairs(installation, size.pairs);
      rounds.push(await roundOf({ installation, crowd, pairs }, size, say));
    } finally {
      crowd.close();
      for (const pair of pairs) pair.close();
      await installation.stop();
    }
  }
  return reportOf(rounds, size);
}

interface Setting {
  readonly installation: Installation;
  readonly crowd: Crowd;
  readonly pairs: readonly LoadPair[];
}

async function roundOf(setting: Setting, size: SlowBenchSize, say: Say): Promise<Round> {
  const { installation, crowd } = setting;
  const measured = async (what: string, crowdPerS: number) => {
    const result = await measure(setting, { ...size, crowdPerS });
    say(`${what}: p99 ${result.read.p99.toFixed(1)} ms`);
    return result;
  };
  const alone = await measured("the pairs alone", 0);
  const reading = await measured("the readers read", size.crowdPerS);
  await crowd.haveAll();
  await crowd.rehearse();
  crowd.pause();
  await settle(installation, size.collectMs, say);
  const held: Held[] = [];
  for (let flood = 1; flood <= size.floods; flood++) {
    await crowd.flood();
    held.push(await heldWith(flood * size.flooded, installation, size.collectMs));
    say(textOf(held.at(-1) as Held));
  }
  const stopped = await measured("nobody reads", size.crowdPerS);
  crowd.areWell();
  await crowd.resume();
  say("all have everything");
  return { alone, reading, stopped, held };
}

/** How the pairs fare while the crowd is written to. */
async function measure(
  { installation, crowd, pairs }: Setting,
  { perS, seconds, crowdPerS }: Pick<SlowBenchSize, "perS" | "seconds" | "crowdPerS">,
): Promise<OpenLoopResult> {
  await installation.quiet();
  const everyMs = crowdPerS > 0 ? 1_000 / crowdPerS : 2 ** 30;
  const writing = setInterval(() => crowd.write(), everyMs);
  const result = await openLoop(pairs, { perS, seconds }).finally(() => clearInterval(writing));
  if (result.fault !== "") throw new Error(result.fault);
  return result;
}

/** Of what one collection frees, the next ones give the pages back. */
const COLLECTIONS = 3;
const SETTLED_BYTES = 2 ** 20;

/** Collects garbage until that gives nothing back any more: V8 keeps room for later work, and gives it up bit by bit. */
async function settle(installation: Installation, collectMs: number, say: Say): Promise<void> {
  const total = async () => totalOf(await heldWith(0, installation, collectMs));
  for (let before = await total(), i = 0; i < 10; i++) {
    const now = await total();
    say(`nobody is stalled: ${(now / 2 ** 20).toFixed(1)} MiB`);
    if (before - now < SETTLED_BYTES) return;
    before = now;
  }
}

/** What is held when all garbage is collected. */
async function heldWith(
  stalled: number,
  installation: Installation,
  collectMs: number,
): Promise<Held> {
  await installation.quiet();
  const { processes } = installation;
  const pids = [...processes.values()];
  for (let i = 0; i < COLLECTIONS; i++) {
    for (const pid of pids) process.kill(pid, "SIGUSR2");
    await after(collectMs / COLLECTIONS);
  }
  const byProcess = new Map([...processes].map(([name, pid]) => [name, residentBytes([pid])]));
  return { stalled, byProcess, kernel: tcpBytes() };
}

function totalOf({ byProcess }: Held): number {
  return [...byProcess.values()].reduce((a, b) => a + b);
}

function textOf({ stalled, byProcess, kernel }: Held): string {
  const parts = [...byProcess, ["kernel", kernel] as const];
  const inMiB = parts.map(([name, bytes]) => `${name} ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  return `${stalled} are stalled: ${inMiB.join(", ")}`;
}

function reportOf(rounds: readonly Round[], size: SlowBenchSize): Report {
  const row = (variant: "alone" | "reading" | "stopped") => {
    const spread = (of: (result: OpenLoopResult) => number) =>
      spreadOf(rounds.map((round) => of(round[variant])));
    return {
      variant,
      figures: {
        p50_ms: spread(({ read }) => read.p50),
        p99_ms: spread(({ read }) => read.p99),
        max_ms: spread(({ read }) => read.max),
        late_p99_ms: spread(({ late }) => late.p99),
        generator_cores: spread(({ generatorShare }) => generatorShare),
      },
    };
  };
  const stalled = size.flooded * size.floods;
  const perReader = (of: (held: Held) => number) =>
    spreadOf(rounds.map(({ held }) => slope(held.map((one) => [one.stalled, of(one)])))).median;
  const ratio = (before: "alone" | "reading") =>
    spreadOf(rounds.map((round) => round.stopped.read.p99 / round[before].read.p99)).median;
  return {
    bench: "slow",
    question: "what do readers cost that stop reading, and do the others feel it?",
    method:
      `${size.readers} devices in a group; beside them ${size.pairs} pairs with ${size.perS} messages per second at random times, ` +
      `for ${size.seconds} s: alone, while the group is written to ${size.crowdPerS} times a second and all of it read, and the ` +
      `same when nobody in it reads any more; in turn, each round with a mesh of its own. Before the last, ${stalled} of the ` +
      `devices, ${size.flooded} at a time, were sent ${(floodBytes / 2 ** 20).toFixed(1)} MiB each, more than the kernel keeps, ` +
      "until session knew of each that it is stalled; as much had been written before where nobody reads it. Figures of the pairs: from sending to the last tick. p99_ratio: stopped " +
      "over alone · p99_ratio_reading: stopped over reading · bytes_per_reader: a line fitted through resident memory of all " +
      "server processes and the number of devices that are stalled, garbage collected; also of the gateway's alone, and of the " +
      "buffers of TCP sockets at both ends (kernel). In the end all read on, and every " +
      "device has every message once. Medians of the rounds.",
    rows: [row("alone"), row("reading"), row("stopped")],
    derived: {
      bytes_per_reader: perReader(totalOf),
      gateway_bytes_per_reader: perReader(
        ({ byProcess }) => byProcess.get("gateway") ?? Number.NaN,
      ),
      kernel_bytes_per_reader: perReader(({ kernel }) => kernel),
      p99_ratio: ratio("alone"),
      p99_ratio_reading: ratio("reading"),
    },
  };
}
