import { directId } from "../lib/ids.js";
import { ChatDevice, connectAll, type DeviceCounts, noDeviceCounts } from "./load/chat-device.js";
import { sendAll, type ToSend } from "./load/conversations.js";
import { type Installation, startInstallation } from "./load/installation.js";
import { ownCpuUs } from "./rig/cpu.js";
import type { Report } from "./rig/report.js";
import type { Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface DrainBenchSize {
  readonly users: number;
  /** Conversations of each user, each with another sender. */
  readonly conversations: number;
  /** Messages in each conversation. */
  readonly messages: number;
  readonly senders: number;
  /** Users that come back at the same time. */
  readonly atOnce: number;
  readonly rounds: number;
}

export const drainBenchSizes = {
  full: { users: 1_000, conversations: 4, messages: 25, senders: 100, atOnce: 100, rounds: 3 },
  smoke: { users: 6, conversations: 2, messages: 5, senders: 3, atOnce: 3, rounds: 1 },
} as const satisfies Record<string, DrainBenchSize>;

/** What one round showed. */
interface Round {
  readonly messagesPerS: number;
  /** CPU µs per message, by process. */
  readonly cpuUs: ReadonlyMap<string, number>;
  readonly generatorCores: number;
}

/** How fast do users get what was written while they were offline? */
export async function drainBench(size: DrainBenchSize, say: Say = () => {}): Promise<Report> {
  const installation = await startInstallation({
    topology: "processes",
    accounts: size.users + size.senders,
  });
  try {
    return reportOf(await drains(installation, size, say), size);
  } finally {
    await installation.stop();
  }
}

/** The two sides: those who write, and those who are away meanwhile. */
interface Sides {
  readonly users: readonly ChatDevice[];
  readonly senders: readonly ChatDevice[];
  readonly counts: DeviceCounts;
  readonly backlog: readonly ToSend[];
}

async function drains(
  installation: Installation,
  size: DrainBenchSize,
  say: Say,
): Promise<Round[]> {
  const { accounts } = installation;
  const counts = noDeviceCounts();
  const devices = accounts.map((account) => new ChatDevice(installation.user(account), counts));
  const users = devices.slice(0, size.users);
  const senders = devices.slice(size.users);
  const sides: Sides = { users, senders, counts, backlog: backlogOf(installation, size) };
  try {
    // A device starts at what there is when it comes for the first time.
    await connectAll(users, size.atOnce);
    closeAll(users);
    const rounds: Round[] = [];
    for (let round = 1; round <= size.rounds; round++) {
      say(`round ${round} of ${size.rounds}: writes ${sides.backlog.length} messages`);
      await writeBacklog(installation, sides, size);
      const result = await drain(installation, sides, size);
      say(`${Math.round(result.messagesPerS)} messages/s, ${inUs(result.cpuUs)}`);
      rounds.push(result);
    }
    await connectAll(users, size.atOnce);
    checkCounts(counts, size.rounds * sides.backlog.length);
    return rounds;
  } finally {
    closeAll(devices);
  }
}

/** One message of every conversation, then the next one of every conversation. */
function backlogOf({ accounts }: Installation, size: DrainBenchSize): ToSend[] {
  const once: ToSend[] = [];
  for (let user = 0; user < size.users; user++) {
    for (let i = 0; i < size.conversations; i++) {
      const sender = (user * size.conversations + i) % size.senders;
      const [a, b] = [accounts[user], accounts[size.users + sender]];
      if (a && b) once.push({ sender, conversation: directId(a.user, b.user) });
    }
  }
  return Array.from({ length: size.messages }, () => once).flat();
}

/** Writes while the users are away, and starts session again: nothing of it is in its memory. */
async function writeBacklog(
  installation: Installation,
  { senders, counts, backlog }: Sides,
  { atOnce }: DrainBenchSize,
): Promise<void> {
  await connectAll(senders, atOnce);
  await sendAll(senders, counts, backlog);
  closeAll(senders);
  await installation.mesh.restart("session", "SIGTERM");
  await installation.serves();
  await installation.quiet();
}

async function drain(
  { cpu }: Installation,
  { users, counts, backlog }: Sides,
  { atOnce }: DrainBenchSize,
): Promise<Round> {
  const before = { ms: performance.now(), cpu: cpu(), own: ownCpuUs(), counts: { ...counts } };
  await connectAll(users, atOnce);
  const seconds = (performance.now() - before.ms) / 1000;
  const after = cpu();
  const own = ownCpuUs();
  closeAll(users);
  checkCounts(counts, before.counts.delivered + backlog.length);
  return {
    messagesPerS: backlog.length / seconds,
    cpuUs: new Map(
      [...after].map(([name, us]) => [name, (us - (before.cpu.get(name) ?? 0)) / backlog.length]),
    ),
    generatorCores: (own - before.own) / 1e6 / seconds,
  };
}

/** Every message came to its user, in order, and once: a message that was acknowledged does not come again. */
function checkCounts(counts: DeviceCounts, delivered: number): void {
  if (counts.faults > 0 || counts.repeated > 0 || counts.delivered !== delivered) {
    throw new Error(`${delivered} messages were to be delivered: ${JSON.stringify(counts)}`);
  }
}

function closeAll(devices: readonly ChatDevice[]): void {
  for (const device of devices) device.close();
}

function inUs(cpuUs: ReadonlyMap<string, number>): string {
  return [...cpuUs].map(([name, us]) => `${name} ${us.toFixed(1)} µs`).join(", ");
}

function reportOf(rounds: readonly Round[], size: DrainBenchSize): Report {
  const spread = (of: (round: Round) => number) => spreadOf(rounds.map(of));
  const processes = [...(rounds[0]?.cpuUs.keys() ?? [])];
  const figures = {
    messages_per_s: spread(({ messagesPerS }) => messagesPerS),
    cpu_us_per_message: spread(({ cpuUs }) => [...cpuUs.values()].reduce((sum, us) => sum + us, 0)),
    ...Object.fromEntries(
      processes.map((name) => [
        `${name}_us_per_message`,
        spread(({ cpuUs }) => cpuUs.get(name) ?? 0),
      ]),
    ),
    generator_cores: spread(({ generatorCores }) => generatorCores),
  };
  const each = size.conversations * size.messages;
  return {
    bench: "drain",
    question: "how fast do users get what was written while they were offline?",
    method:
      `${size.users} users with ${each} messages each, in ${size.conversations} conversations, written ` +
      "while they were offline; session was started again since, so that it reads all of them from " +
      `its store. They come back ${size.atOnce} at a time and acknowledge each message; until the last one ` +
      "has CaughtUp with nothing pending. Every message is checked: delivered once, in order, and " +
      "not again afterwards. CPU of each process, upgrades and resumes included.",
    rows: [{ variant: "mesh", prefix: "drain.", figures }],
    derived: {},
  };
}
