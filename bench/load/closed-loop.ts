import { processCpuUs } from "../rig/cpu.js";
import type { LoadPair, Subject } from "./subject.js";

/** What a run of pairs showed. */
export interface PairsResult {
  readonly messages: number;
  readonly seconds: number;
  readonly messagesPerS: number;
  readonly cpuUsPerMessage: number;
  /** CPU µs per message, by process. */
  readonly byProcess: Readonly<Record<string, number>>;
  /** Cores the server's processes used. */
  readonly serverCores: number;
  /** Share of one core the generator itself used. */
  readonly generatorShare: number;
  /** Frames from the server per message. */
  readonly framesPerMessage: number;
  /** Why the result must not be used; empty when it may. */
  readonly fault: string;
}

/** Connects `count` pairs. */
export async function connectPairs(subject: Subject, count: number): Promise<LoadPair[]> {
  const pairs: LoadPair[] = [];
  for (let i = 0; i < count; i += 10) {
    const some = Math.min(10, count - i);
    const fresh = await Promise.all(Array.from({ length: some }, () => subject.pair()));
    await Promise.all(fresh.map((pair) => pair.connect()));
    pairs.push(...fresh);
  }
  return pairs;
}

/** Keeps `inFlight` messages under way on every pair for a while, and accounts for every one of them. */
export async function closedLoop(
  subject: Subject,
  pairs: readonly LoadPair[],
  inFlight: number,
  seconds: number,
): Promise<PairsResult> {
  let running = true;
  let broken = "";
  for (const pair of pairs) {
    pair.onBroken = (why) => {
      broken = why;
    };
    pair.onRead = () => {
      if (running) pair.send(performance.now());
    };
  }
  const before = snapshot(subject, pairs);
  for (const pair of pairs) for (let i = 0; i < inFlight; i++) pair.send(performance.now());
  const after = await laterSnapshot(subject, pairs, before, seconds);
  running = false;
  const rest = await settled(pairs);
  return resultOf(before, after, broken || rest);
}

interface Snapshot {
  readonly atMs: number;
  readonly cpu: ReadonlyMap<string, number>;
  readonly own: number;
  readonly read: number;
  readonly frames: number;
}

function snapshot(subject: Subject, pairs: readonly LoadPair[]): Snapshot {
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    cpu: new Map([...subject.processes].map(([name, pid]) => [name, processCpuUs(pid)])),
    own: user + system,
    read: pairs.reduce((sum, { counts }) => sum + counts.read, 0),
    frames: pairs.reduce((sum, { counts }) => sum + counts.framesIn, 0),
  };
}

/** After so many seconds; on a machine that is too busy, when the first message has been read. */
async function laterSnapshot(
  subject: Subject,
  pairs: readonly LoadPair[],
  before: Snapshot,
  seconds: number,
): Promise<Snapshot> {
  const giveUpMs = before.atMs + seconds * 1000 + FIRST_MS;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const after = snapshot(subject, pairs);
    if (after.read > before.read) return after;
    if (after.atMs > giveUpMs) throw new Error(`${subject.name}: no message was read`);
  }
}

const FIRST_MS = 30_000;

/** Waits until every message that was sent has its last tick; says what is missing if that never happens. */
export async function settled(pairs: readonly LoadPair[]): Promise<string> {
  const open = () => pairs.filter(({ counts }) => counts.read < counts.sends);
  for (let i = 0; i < 300 && open().length > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const { counts } of pairs) {
    const { sends, sent, delivered, read, faults } = counts;
    if (faults > 0 || sent !== sends || delivered !== sends || read !== sends) {
      return `a pair ended with ${JSON.stringify(counts)}`;
    }
  }
  return "";
}

function resultOf(before: Snapshot, after: Snapshot, fault: string): PairsResult {
  const messages = after.read - before.read;
  const seconds = (after.atMs - before.atMs) / 1000;
  const byProcess: Record<string, number> = {};
  let cpu = 0;
  for (const [name, used] of after.cpu) {
    const own = used - (before.cpu.get(name) ?? 0);
    byProcess[name] = own / messages;
    cpu += own;
  }
  const generatorShare = (after.own - before.own) / 1e6 / seconds;
  return {
    messages,
    seconds,
    messagesPerS: messages / seconds,
    cpuUsPerMessage: cpu / messages,
    byProcess,
    serverCores: cpu / 1e6 / seconds,
    generatorShare,
    framesPerMessage: (after.frames - before.frames) / messages,
    fault,
  };
}
