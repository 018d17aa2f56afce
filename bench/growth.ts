import type { Topology } from "../test/mesh.js";
import { ChatDevice, connectAll, noDeviceCounts } from "./load/chat-device.js";
import { closedLoop, connectPairs, type PairsResult } from "./load/closed-loop.js";
import { type Installation, startInstallation } from "./load/installation.js";
import type { LoadPair } from "./load/subject.js";
import type { Report } from "./rig/report.js";
import { interleaved, type Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface GrowthBenchSize {
  readonly topology: Topology;
  /** Idle devices beside the pairs, from few to many. */
  readonly idle: readonly number[];
  readonly pairs: number;
  /** Messages under way per pair. */
  readonly inFlight: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  /** Cores the generator may use before its result is refused: it would be measuring itself. */
  readonly generatorCoresMax: number;
}

export const growthBenchSizes = {
  full: {
    topology: "processes",
    idle: [100, 1_000, 10_000],
    pairs: 50,
    inFlight: 4,
    seconds: 6,
    rounds: 5,
    warmUps: 1,
    generatorCoresMax: 0.8,
  },
  smoke: {
    topology: "all",
    idle: [2, 10],
    pairs: 2,
    inFlight: 2,
    seconds: 0.3,
    rounds: 1,
    warmUps: 0,
    generatorCoresMax: 2,
  },
} as const satisfies Record<string, GrowthBenchSize>;

const AT_ONCE = 50;

/** A mesh of its own for each number of idle devices, so that all can take turns. */
interface Crowd {
  readonly installation: Installation;
  readonly devices: readonly ChatDevice[];
  readonly pairs: LoadPair[];
}

/** Does a message cost more when more devices are connected that do nothing? */
export async function growthBench(size: GrowthBenchSize, say: Say = () => {}): Promise<Report> {
  const crowds: Crowd[] = [];
  try {
    for (const idle of size.idle) {
      crowds.push(await crowdOf(idle, size));
      say(`${idle} idle devices are connected`);
    }
    const variants = crowds.map((crowd) => ({
      name: String(crowd.devices.length),
      run: () => checked(crowd, size),
    }));
    return reportOf(await interleaved(variants, { ...size, say }), size);
  } finally {
    for (const { installation, devices, pairs } of crowds) {
      for (const one of [...devices, ...pairs]) one.close();
      await installation.stop();
    }
  }
}

async function crowdOf(idle: number, size: GrowthBenchSize): Promise<Crowd> {
  const installation = await startInstallation({
    topology: size.topology,
    accounts: idle + 2 * size.pairs,
  });
  const counts = noDeviceCounts();
  const devices = installation.accounts
    .slice(0, idle)
    .map((account) => new ChatDevice(installation.user(account), counts));
  await connectAll(devices, AT_ONCE);
  return { installation, devices, pairs: await connectPairs(installation, size.pairs) };
}

async function checked(
  { installation, devices, pairs }: Crowd,
  { inFlight, seconds, generatorCoresMax }: GrowthBenchSize,
): Promise<PairsResult> {
  const result = await closedLoop(installation, pairs, inFlight, seconds);
  if (result.fault !== "") throw new Error(`${devices.length} idle: ${result.fault}`);
  if (!devices.every(({ connected }) => connected)) throw new Error("an idle device went");
  if (result.generatorShare > generatorCoresMax) {
    throw new Error(`the generator used ${result.generatorShare} of a core`);
  }
  return result;
}

function reportOf(results: Map<string, PairsResult[]>, size: GrowthBenchSize): Report {
  const rows = [...results].map(([variant, rounds]) => {
    const spread = (of: (round: PairsResult) => number) => spreadOf(rounds.map(of));
    const processes = Object.keys(rounds[0]?.byProcess ?? {});
    return {
      variant: `idle${variant}`,
      figures: {
        cpu_us_per_message: spread(({ cpuUsPerMessage }) => cpuUsPerMessage),
        ...Object.fromEntries(
          processes.map((name) => [
            `${name}_us_per_message`,
            spread(({ byProcess }) => byProcess[name] ?? 0),
          ]),
        ),
        messages_per_s: spread(({ messagesPerS }) => messagesPerS),
        generator_cores: spread(({ generatorShare }) => generatorShare),
      },
    };
  });
  const [few, many] = [[...results.values()].at(0) ?? [], [...results.values()].at(-1) ?? []];
  // Of neighbours in time: what disturbs a round disturbs both.
  const growth = few.map(({ cpuUsPerMessage }, round) => {
    return ((many[round]?.cpuUsPerMessage ?? Number.NaN) / cpuUsPerMessage - 1) * 100;
  });
  return {
    bench: "growth",
    question: "does a message cost more with more idle devices beside it?",
    method:
      `${size.pairs} pairs with ${size.inFlight} messages under way each, as in pairs, on a mesh of separate ` +
      `processes that also has ${size.idle.join(", ")} devices connected that do nothing. Each number has ` +
      `a mesh of its own; they take turns of ${size.seconds} s. CPU of all server processes, rosters and ` +
      "pings of the idle ones included. percent: from the fewest to the most, the median of the rounds.",
    rows,
    derived: { percent: spreadOf(growth).median },
    plots: {
      cpu: {
        kind: "lines",
        title: "What a message costs beside idle devices",
        axis: "CPU of the server per message (µs)",
        better: "lower",
        figures: { cpu_us_per_message: "" },
        over: Object.fromEntries(size.idle.map((idle) => [`idle${idle}`, idle])),
        overAxis: "idle devices",
      },
    },
  };
}
