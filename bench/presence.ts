import { limits } from "../lib/limits.js";
import { closedLoop, connectPairs, type PairsResult } from "./load/closed-loop.js";
import { refuseBusyGenerator } from "./load/contenders.js";
import { PresenceParser } from "./load/presence-parser.js";
import { meshSubject } from "./load/subject.js";
import { besidePresence, type PresenceBesideSize, presenceBesideSizes } from "./presence-beside.js";
import type { Report } from "./rig/report.js";
import { interleaved, type Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface PresenceBenchSize {
  readonly pairs: number;
  readonly inFlight: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  readonly generatorCoresMax: number;
  /** Users who are active, each at most once per second: every activity is a point of the time series. */
  readonly users: number;
  /** They come first in so many parts, a second apart: what a rush takes for a while is not what a user takes. */
  readonly parts: number;
  /** How often watched users come online. */
  readonly waves: number;
  /** Watchers of each user, and how many users there are of this kind. */
  readonly watched: readonly { readonly watchers: number; readonly users: number }[];
  readonly beside: PresenceBesideSize;
}

export const presenceBenchSizes = {
  full: {
    pairs: 50,
    inFlight: 4,
    seconds: 3,
    rounds: 10,
    warmUps: 3,
    generatorCoresMax: 0.8,
    users: 1_000_000,
    parts: 20,
    waves: 3,
    watched: [
      { watchers: 1_000, users: 30 },
      { watchers: 5, users: 10_000 },
    ],
    beside: presenceBesideSizes.full,
  },
  smoke: {
    pairs: 2,
    inFlight: 2,
    seconds: 0.3,
    rounds: 1,
    warmUps: 0,
    generatorCoresMax: 2,
    users: 2_000,
    parts: 2,
    waves: 1,
    watched: [
      { watchers: 50, users: 3 },
      { watchers: 5, users: 20 },
    ],
    beside: presenceBesideSizes.smoke,
  },
} as const satisfies Record<string, PresenceBenchSize>;

const SWITCHES = {
  off: { CHAT_PARSER_PRESENCES: "none" },
  on: {},
} as const;

/** What does it cost to know who is online, and who was when? */
export async function presenceBench(size: PresenceBenchSize, say: Say): Promise<Report> {
  const pairs = await onAndOff(size, say);
  const ingest = await ingestion(size, say);
  const fanOuts: Record<string, number> = {};
  for (const kind of size.watched) Object.assign(fanOuts, await fanOut(kind, size, say));
  const beside = await besidePresence(size.beside, say);
  return reportOf(size, pairs, { ...ingest, ...fanOuts, ...beside });
}

/** The same load on two meshes in turn: one with presence, one without. */
async function onAndOff(size: PresenceBenchSize, say: Say): Promise<Map<string, PairsResult[]>> {
  const running = [];
  try {
    for (const [name, env] of Object.entries(SWITCHES)) {
      const subject = await meshSubject("processes", env);
      running.push({ name, subject, pairs: await connectPairs(subject, size.pairs) });
    }
    const variants = running.map(({ name, subject, pairs }) => ({
      name,
      run: async () => {
        const result = await closedLoop(subject, pairs, size.inFlight, size.seconds);
        if (result.fault !== "") throw new Error(`${name}: ${result.fault}`);
        const contender = { name, kind: "product", start: async () => subject } as const;
        refuseBusyGenerator(contender, result.generatorShare, size.generatorCoresMax);
        return result;
      },
    }));
    return await interleaved(variants, { ...size, say });
  } finally {
    for (const { subject, pairs } of running) {
      for (const pair of pairs) pair.close();
      await subject.stop();
    }
  }
}

const PASSES_MAX = 4;
const TICK_MS = 1_100;

/** Every user is active once per pass; a pass takes longer than a second, so every activity is stored. */
async function ingestion({ users: count, parts, rounds }: PresenceBenchSize, say: Say) {
  const parser = await PresenceParser.start();
  const users = Array.from({ length: count }, (_, i) => userOf(i));
  try {
    const part = Math.ceil(count / parts);
    await parser.active(users.slice(0, part));
    const bytes = await parser.residentBytes();
    for (let at = part; at < count; at += part) {
      await parser.active(users.slice(at, at + part));
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    const grown = (await parser.residentBytes()) - bytes;
    const perCore: number[] = [];
    for (let pass = 0; pass < Math.min(rounds, PASSES_MAX); pass++) {
      say(`${count} users are active, pass ${pass + 1}`);
      const before = parser.cpuUs();
      await parser.active(users);
      await parser.watch(userOf(count + pass), 1, userOf(0));
      await parser.answered();
      await parser.quiet();
      perCore.push((count * 1e6) / Math.max(1, parser.cpuUs() - before));
    }
    return {
      activities_per_s_per_core: spreadOf(perCore).median,
      bytes_per_user: grown / (count - part),
    };
  } finally {
    await parser.stop();
  }
}

/** Longer than watchers wait for what is not urgent. */
const PAUSE_MS = 6_500;
/** Users who come at once: of more, a link would have no room for some of the changes, and they would wait for the next renewal. */
const AT_ONCE = 500;

/** All users come online, and leave before they come again: each time they come every watcher is told. */
async function fanOut(
  { watchers, users: count }: PresenceBenchSize["watched"][number],
  { waves }: PresenceBenchSize,
  say: Say,
): Promise<Record<string, number>> {
  const parser = await PresenceParser.start();
  const users = Array.from({ length: count }, (_, i) => userOf(i));
  // Few users: the same connections watch all of them. Many users: each has watchers of his own.
  const apart = count > limits.watchesPerConnection ? watchers : 0;
  let cpuUs = 0;
  try {
    for (let wave = 1; wave <= waves; wave++) {
      let goal = parser.told;
      say(`${count} users watched by ${watchers} each come online, wave ${wave} of ${waves}`);
      for (const [i, user] of users.entries()) {
        for (let connection = 1 + i * apart; connection <= i * apart + watchers; connection++) {
          await parser.watch(userOf(count + connection), connection, user);
        }
      }
      await parser.answered();
      await parser.quiet();
      const before = parser.cpuUs();
      for (let at = 0; at < count; at += AT_ONCE) {
        const some = users.slice(at, at + AT_ONCE);
        goal += some.length * watchers;
        await comeOnline(parser, some, goal);
      }
      cpuUs += parser.cpuUs() - before;
      if (wave === waves) break;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      for (const user of users) await parser.says(user, 1, { $case: "background", value: {} });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return { [`us_per_watcher_of_${watchers}`]: cpuUs / (count * watchers * waves) };
  } finally {
    await parser.stop();
  }
}

/** Resolves when so many have been told in all: every watcher of theirs, too. */
async function comeOnline(parser: PresenceParser, some: readonly string[], goal: number) {
  // In this order: who is active without the app open is told as seen first.
  for (const user of some) {
    await parser.says(user, 1, { $case: "foreground", value: { automatic: true } });
  }
  await parser.active(some);
  await told(parser, goal);
}

async function told(parser: PresenceParser, count: number): Promise<void> {
  for (let i = 0; parser.told < count; i++) {
    if (i > 600) throw new Error(`${parser.told} of ${count} were told`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (parser.told > count) throw new Error(`${parser.told} were told, not ${count}`);
}

/** Random as real ones are, the same in every run. */
function userOf(i: number): string {
  let id = "";
  for (let part = 0, seed = i + 1; id.length < 16; part++) {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d + part) >>> 0;
    id += (seed % 36 ** 4).toString(36).padStart(4, "0");
  }
  // Multiplying may bring two to the same: the number itself makes them distinct.
  return `us_${i.toString(36).padStart(5, "0")}${id.slice(0, 11)}`;
}

function reportOf(
  size: PresenceBenchSize,
  results: Map<string, PairsResult[]>,
  derived: Readonly<Record<string, number>>,
): Report {
  const rows = [...results].map(([variant, rounds]) => {
    const spread = (of: (round: PairsResult) => number) => spreadOf(rounds.map(of));
    return {
      variant,
      figures: {
        cpu_us_per_message: spread(({ cpuUsPerMessage }) => cpuUsPerMessage),
        parser_us_per_message: spread(({ byProcess }) => byProcess.parser ?? 0),
        presence_us_per_message: spread(({ byProcess }) => byProcess.presence ?? 0),
        messages_per_s: spread(({ messagesPerS }) => messagesPerS),
        generator_cores: spread(({ generatorShare }) => generatorShare),
      },
    };
  });
  const [off, on] = [results.get("off") ?? [], results.get("on") ?? []];
  // Of neighbours in time: what disturbs a round disturbs both.
  const percent = (of: (round: PairsResult) => number) =>
    spreadOf(
      off.map((without, n) => {
        const more = on[n] === undefined ? Number.NaN : of(on[n]) - of(without);
        return (more / without.cpuUsPerMessage) * 100;
      }),
    ).median;
  const [many, few] = size.watched;
  const { beside } = size;
  return {
    bench: "presence",
    question: "what does it cost to know who is online, and who was when?",
    method:
      `on, off: ${size.pairs} pairs with ${size.inFlight} messages under way each, as in pairs, on two meshes of ` +
      "separate processes in turn, one of them without presence; CPU of all server processes. percent_of_pairs_cpu: what the parser takes more and presence takes, " +
      "of all CPU without presence; the other processes do the same in both, and what they differ by is chance: percent_with_chance holds it, too. Both are medians of the rounds' own. " +
      `activities: ${size.users} users reported active one after the other over one link, none twice in a second, so that ` +
      "each is a point in the store; CPU of the presence process with all its threads until all is stored. bytes_per_user: by how much its " +
      "resident memory grew while all but the first part of them came, in parts a second apart, garbage collected, the store's own included. us_per_watcher: CPU of the presence process per watcher told, " +
      `of ${many?.users} users watched by ${many?.watchers} each and of ${few?.users} watched by ${few?.watchers}, who come online. p50_ratio, p99_ratio: ` +
      `${beside.pairs} pairs with ${beside.perS} messages per second at random times for ${beside.seconds} s, from sending to the last tick, beside ` +
      `${beside.talkers} devices that say ${beside.saidPerS} frames per second for presence (Foreground, Watch); presence stopped (SIGSTOP, and its queue full), slow (it runs ` +
      `a tenth of the time) and flooded (${beside.floodPerS} frames per second, as many as the gateway lets them by default), over usual, in turn on one mesh; medians of the rounds' own ratios.`,
    rows,
    derived: {
      percent_of_pairs_cpu: percent(({ byProcess }) => {
        return (byProcess.parser ?? 0) + (byProcess.presence ?? 0);
      }),
      percent_with_chance: percent(({ cpuUsPerMessage }) => cpuUsPerMessage),
      ...derived,
    },
  };
}
