import { setTimeout as after } from "node:timers/promises";
import { until } from "../test/until.js";
import { ChatDevice, connectAll, type DeviceCounts, noDeviceCounts } from "./load/chat-device.js";
import { ringOf, sendAll } from "./load/conversations.js";
import { type Installation, startInstallation } from "./load/installation.js";
import { ownCpuUs } from "./rig/cpu.js";
import { cpuPlot } from "./rig/plot.js";
import type { Report } from "./rig/report.js";
import type { Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

/** One storm: how many clients, and what each of them has. */
export interface StormVariant {
  readonly name: string;
  readonly clients: number;
  /** Conversations of each user: one, or an even number. */
  readonly conversations: number;
}

export interface StormBenchSize {
  readonly variants: readonly StormVariant[];
  /** Clients that come back at the same time. */
  readonly atOnce: number;
  readonly rounds: number;
  readonly warmUps: number;
  /** What the product does after a minute and within half of one is hastened to this, and waited for. */
  readonly quietMs: number;
}

export const stormBenchSizes = {
  full: {
    variants: [
      { name: "one", clients: 5_000, conversations: 1 },
      { name: "conversations200", clients: 400, conversations: 200 },
    ],
    atOnce: 250,
    rounds: 3,
    warmUps: 1,
    quietMs: 5_000,
  },
  smoke: {
    variants: [{ name: "one", clients: 10, conversations: 1 }],
    atOnce: 5,
    rounds: 1,
    warmUps: 0,
    quietMs: 1_000,
  },
} as const satisfies Record<string, StormBenchSize>;

/** What one storm showed. */
interface Round {
  readonly restartS: number;
  readonly allBackS: number;
  readonly resumesPerS: number;
  /** CPU µs per resume, by process. */
  readonly cpuUs: ReadonlyMap<string, number>;
  readonly generatorCores: number;
}

/** How fast do the clients of a gateway that was killed come back? */
export async function stormBench(size: StormBenchSize, say: Say = () => {}): Promise<Report> {
  const rounds = new Map<StormVariant, Round[]>();
  for (const variant of size.variants) {
    const installation = await startInstallation({
      topology: "processes",
      accounts: variant.clients,
      env: {
        CHAT_SESSION_ATTENTION_MS: String(size.quietMs),
        CHAT_SESSION_CURSOR_FLUSH_MS: String(size.quietMs),
      },
    });
    try {
      rounds.set(variant, await storms(installation, variant, size, say));
    } finally {
      await installation.stop();
    }
  }
  return reportOf(rounds, size);
}

async function storms(
  installation: Installation,
  { name, conversations }: StormVariant,
  { atOnce, rounds, warmUps, quietMs }: StormBenchSize,
  say: Say,
): Promise<Round[]> {
  const { accounts } = installation;
  const counts = noDeviceCounts();
  const devices = accounts.map((account) => new ChatDevice(installation.user(account), counts));
  await connectAll(devices, atOnce);
  const messages = ringOf(accounts, conversations);
  say(`${name}: writes ${messages.length} conversations`);
  await sendAll(devices, counts, messages);
  await until("all to be delivered", () => counts.delivered === messages.length);
  await after(quietMs);
  const results: Round[] = [];
  try {
    for (let round = -warmUps; round < rounds; round++) {
      await installation.quiet();
      const result = await storm(installation, devices, atOnce);
      say(`${name}: ${Math.round(result.resumesPerS)} resumes/s, ${inUs(result.cpuUs)}`);
      if (round >= 0) results.push(result);
    }
    check(counts, messages.length);
  } finally {
    for (const device of devices) device.close();
  }
  return results;
}

/** Kills the gateway, starts it again, and has all its clients come back once the first one is. */
async function storm(
  { mesh, cpu }: Installation,
  devices: readonly ChatDevice[],
  atOnce: number,
): Promise<Round> {
  const killedMs = performance.now();
  await mesh.kill("gateway");
  await until("all connections to break", () => devices.every(({ connected }) => !connected));
  await mesh.start("gateway");
  const [first, ...others] = devices;
  await first?.connect();
  const before = { ms: performance.now(), cpu: cpu(), own: ownCpuUs() };
  await connectAll(others, atOnce);
  const ms = performance.now();
  const used = cpu();
  const seconds = (ms - before.ms) / 1000;
  return {
    restartS: (before.ms - killedMs) / 1000,
    allBackS: (ms - killedMs) / 1000,
    resumesPerS: others.length / seconds,
    cpuUs: new Map(
      [...used].map(([name, us]) => [name, (us - (before.cpu.get(name) ?? 0)) / others.length]),
    ),
    generatorCores: (ownCpuUs() - before.own) / 1e6 / seconds,
  };
}

function check(counts: DeviceCounts, messages: number): void {
  const { delivered, faults } = counts;
  if (faults > 0 || delivered !== messages) {
    throw new Error(`not what the clients had to see: ${JSON.stringify(counts)}`);
  }
}

function inUs(cpuUs: ReadonlyMap<string, number>): string {
  return [...cpuUs].map(([name, us]) => `${name} ${Math.round(us)} µs`).join(", ");
}

function reportOf(
  measured: ReadonlyMap<StormVariant, readonly Round[]>,
  size: StormBenchSize,
): Report {
  const rows: Report["rows"][number][] = [];
  for (const [{ name }, rounds] of measured) {
    const spread = (of: (round: Round) => number) => spreadOf(rounds.map(of));
    const processes = [...(rounds[0]?.cpuUs.keys() ?? [])];
    const total = spread(({ cpuUs }) => [...cpuUs.values()].reduce((sum, us) => sum + us, 0));
    const figures = {
      resumes_per_s: spread(({ resumesPerS }) => resumesPerS),
      seconds_to_all_back: spread(({ allBackS }) => allBackS),
      restart_seconds: spread(({ restartS }) => restartS),
      cpu_us_per_resume: total,
      ...Object.fromEntries(
        processes.map((process) => [
          `${process}_us_per_resume`,
          spread(({ cpuUs }) => cpuUs.get(process) ?? 0),
        ]),
      ),
      generator_cores: spread(({ generatorCores }) => generatorCores),
    };
    rows.push({ variant: name, prefix: name === "one" ? "storm." : `storm.${name}.`, figures });
  }
  return {
    bench: "storm",
    question: "how fast do the clients of a killed gateway come back?",
    method: methodOf(size),
    rows,
    derived: {},
    plots: {
      cpu: cpuPlot(rows, {
        title: "What it costs that a client comes back",
        axis: "CPU per resume (µs)",
        per: "resume",
      }),
    },
  };
}

function methodOf({ variants, atOnce }: StormBenchSize): string {
  const what = variants.map(
    ({ name, clients, conversations }) => `${name}: ${clients} users with ${conversations} each`,
  );
  return (
    "The gateway is killed and started again; as soon as the first client is back, the others " +
    `come, ${atOnce} at a time: upgrade with a token of their own, Resume, CaughtUp with nothing ` +
    "pending. restart_seconds: from the kill to the first client's CaughtUp, polling · " +
    "resumes_per_s: the others, from then to the last CaughtUp · seconds_to_all_back: both · CPU of " +
    "each process for the others, and of the generator on the same cores. Conversations hold one " +
    `message, are quiet, and all cursors are stored. ${what.join(" · ")}.`
  );
}
