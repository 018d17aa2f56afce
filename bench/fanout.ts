import { besideGroup } from "./fanout-beside.js";
import { groupWrites } from "./fanout-writes.js";
import { connectPairs } from "./load/closed-loop.js";
import { type FanResult, type FanRoom, fanOut } from "./load/fan.js";
import { GroupRoom, type Habits } from "./load/group-room.js";
import { type Installation, startInstallation } from "./load/installation.js";
import { MucRoom } from "./load/muc-room.js";
import { ejabberdSubject } from "./peers/ejabberd.js";
import { cpuPlot, type Plot } from "./rig/plot.js";
import type { Report, Row } from "./rig/report.js";
import { interleaved, type Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface FanOutBenchSize {
  /** Members of the groups; each is a variant. */
  readonly members: readonly number[];
  /** Members of the group in which all acknowledge and read, and of the peer's room. */
  readonly common: number;
  /** Messages under way. */
  readonly inFlight: number;
  /** The same where every message is read by all before it is done, which takes a pace of receipts. */
  readonly readInFlight: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  readonly generatorCoresMax: number;
  /** Pairs beside the group of `common` members, and the messages per second of all of them. */
  readonly pairs: number;
  readonly pairsPerS: number;
  /** Messages that find the group idle, whose writes are counted. */
  readonly idleMessages: number;
}

export const fanOutBenchSizes = {
  full: {
    members: [10, 100, 256, 1_000],
    common: 256,
    inFlight: 4,
    readInFlight: 16,
    seconds: 3,
    rounds: 5,
    warmUps: 3,
    generatorCoresMax: 0.95,
    pairs: 10,
    pairsPerS: 200,
    idleMessages: 5,
  },
  smoke: {
    members: [5, 40],
    common: 40,
    inFlight: 2,
    readInFlight: 4,
    seconds: 0.3,
    rounds: 1,
    warmUps: 0,
    generatorCoresMax: 2,
    pairs: 2,
    pairsPerS: 50,
    idleMessages: 1,
  },
} as const satisfies Record<string, FanOutBenchSize>;

/** Members acknowledge now and then; or every message, and read it. */
const QUIET: Habits = { ackEvery: 32, read: false };
const READING: Habits = { ackEvery: 1, read: true };

/** A room that is measured. */
interface Entrant {
  readonly variant: string;
  readonly prefix: string;
  readonly room: FanRoom;
  readonly processes: ReadonlyMap<string, number>;
  readonly inFlight: number;
  /** Before each run. */
  prepare(): void;
}

/** What does it cost to bring a message to many? */
export async function fanOutBench(
  size: FanOutBenchSize,
  peers: boolean,
  say: Say = () => {},
): Promise<Report> {
  const most = Math.max(...size.members);
  const installation = await startInstallation({
    topology: "processes",
    accounts: size.members.reduce((sum, count) => sum + count, 2 * size.pairs),
    env: { CHAT_GROUP_MEMBERS_MAX_COUNT: String(Math.max(most, 256)) },
  });
  const stops = [() => installation.stop()];
  const rooms: { close(): void }[] = [];
  try {
    const entrants = await productEntrants(installation, size);
    const peer = peers ? await ejabberdSubject() : { skipped: "not asked for" };
    if (!("skipped" in peer)) {
      stops.push(() => peer.stop());
      const room = await MucRoom.open(Array.from({ length: size.common }, () => peer.user()));
      const { processes } = peer;
      const { inFlight } = size;
      const variant = `ejabberd, ${size.common}`;
      const prefix = `peer.ejabberd.fanout.${size.common}.`;
      entrants.push({ variant, prefix, room, processes, inFlight, prepare() {} });
    } else if (peers) say(`SKIPPED ejabberd: ${peer.skipped}`);
    rooms.push(...entrants.map(({ room }) => room));
    const variants = entrants.map((entrant) => ({
      name: entrant.variant,
      run: () => checked(entrant, size, say),
    }));
    const results = await interleaved(variants, { ...size, say });
    const rows = entrants.map((entrant) => rowOf(entrant, results.get(entrant.variant) ?? []));
    const pairs = await connectPairs(installation, size.pairs);
    rooms.push(...pairs);
    const hot = entrants.find(({ prefix }) => prefix === `fanout.${size.common}.`) as Entrant;
    hot.prepare();
    const beside = await besideGroup({ ...hot, pairs }, size, say);
    return reportOf(rows, size, { ...(await groupWrites(size)), ...beside });
  } finally {
    for (const room of rooms) room.close();
    for (const stop of stops) await stop();
  }
}

async function productEntrants(
  installation: Installation,
  { members, common, inFlight, readInFlight }: FanOutBenchSize,
): Promise<Entrant[]> {
  const processes = installation.processes;
  const entrants: Entrant[] = [];
  let taken = 0;
  for (const count of members) {
    const accounts = installation.accounts.slice(taken, taken + count);
    taken += count;
    const room = await GroupRoom.open(installation, accounts, 1);
    const enter = (prefix: string, what: string, habits: Habits, underWay: number) =>
      entrants.push({
        variant: `${what}, ${count}`,
        prefix: `${prefix}.${count}.`,
        room,
        processes,
        inFlight: underWay,
        prepare() {
          room.habits = habits;
        },
      });
    enter("fanout", "mesh", QUIET, inFlight);
    if (count !== common) continue;
    enter("receipts", "mesh, all read", READING, readInFlight);
    enter("receipts.few", "mesh, all read, few under way", READING, inFlight);
  }
  return entrants;
}

async function checked(entrant: Entrant, size: FanOutBenchSize, say: Say): Promise<FanResult> {
  entrant.prepare();
  const { inFlight } = entrant;
  const result = await fanOut(entrant.room, entrant.processes, { ...size, inFlight });
  const { generatorCores, cpuUsPerDelivery } = result;
  if (generatorCores > size.generatorCoresMax) {
    throw new Error(
      `${entrant.variant}: the generator used ${generatorCores.toFixed(2)} of a core`,
    );
  }
  say(`${entrant.variant}: ${cpuUsPerDelivery.toFixed(2)} µs per delivery`);
  return result;
}

const BY_PROCESS = "_us_per_delivery";

function rowOf({ variant, prefix }: Entrant, rounds: readonly FanResult[]): Row {
  const spread = (figure: (round: FanResult) => number) => spreadOf(rounds.map(figure));
  const isReading = prefix.startsWith("receipts");
  const own = {
    deliveries_per_s_per_core: spread(({ cpuUsPerDelivery }) => 1e6 / cpuUsPerDelivery),
    cpu_us_per_delivery: spread(({ cpuUsPerDelivery }) => cpuUsPerDelivery),
    deliveries_per_s: spread(({ deliveriesPerS }) => deliveriesPerS),
    last_recipient_p50_ms: spread(({ lastP50Ms }) => lastP50Ms),
    last_recipient_p99_ms: spread(({ lastP99Ms }) => lastP99Ms),
  };
  const names = Object.keys(rounds[0]?.byProcess ?? {}).filter((name) => name !== "group");
  const parts = Object.fromEntries(
    names.map((name) => [name + BY_PROCESS, spread(({ byProcess }) => byProcess[name] ?? 0)]),
  );
  const receipts = {
    cpu_us_per_member_message: spread(({ byProcess }) => byProcess.receipts ?? 0),
  };
  return {
    variant,
    prefix,
    figures: {
      ...own,
      ...(names.length > 1 && parts),
      ...(isReading && receipts),
      generator_cores: spread(({ generatorCores }) => generatorCores),
    },
  };
}

function reportOf(
  rows: readonly Row[],
  size: FanOutBenchSize,
  others: Readonly<Record<string, number>>,
): Report {
  const find = (prefix: string) => rows.find((row) => row.prefix === `${prefix}.${size.common}.`);
  const [own, peer] = [find("fanout"), find("peer.ejabberd.fanout")];
  const us = (row: Row | undefined) => row?.figures.cpu_us_per_delivery?.median ?? 0;
  return {
    bench: "fanout",
    question: "what does it cost to bring a message to everybody in a group?",
    method:
      `One author, ${size.inFlight} messages under way, everybody connected to one gateway; a message is ` +
      "done when the last member has it, and then the next one is sent; every copy is checked for order. CPU of all " +
      "server processes per delivery (a message at one member). Members acknowledge every 32nd message. " +
      "all read: each acknowledges and reads every message, and a message is done when its author is told that all " +
      `have read it, with ${size.readInFlight} under way, since that takes a pace of receipts, and with ${size.inFlight} (few); ` +
      "cpu_us_per_member_message is the CPU of receipts per message and member. " +
      "ejabberd: a room of its MUC in memory, without history; it sends the author his copy, too, and keeps nothing. " +
      `pair_p99: how long the ✓ of a 1:1 message takes (p99) while ${size.pairs} pairs send ${size.pairsPerS} per ` +
      `second in an open loop, alone and beside the group of ${size.common} with ${size.inFlight} under way, on one owner. ` +
      "store_writes, store_syncs: rows and synced batches of session and receipts per message, when all acknowledge and read: " +
      "idle, all that one message brings about in a group that was quiet, with its end, and busy, " +
      `with ${size.inFlight} under way (device cursors, stored every 30 s, are not in it). ` +
      "The generator shares the cores with the server, so deliveries_per_s is what is left of them.",
    rows,
    derived: {
      ...(own && peer && { over_ejabberd: us(peer) / us(own) }),
      ...Object.fromEntries(
        Object.entries(others).map(([name, value]) => [`${size.common}.${name}`, value]),
      ),
    },
    prefixes: ["receipts.", "peer.ejabberd.fanout."],
    plots: { cpu: plotOf(rows) },
  };
}

function plotOf(rows: readonly Row[]): Plot {
  return cpuPlot(rows, {
    title: "What a delivery in a group costs",
    axis: "CPU of the server per delivery (µs)",
    per: "delivery",
  });
}
