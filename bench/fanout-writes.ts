import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { fanOut } from "./load/fan.js";
import { GroupRoom } from "./load/group-room.js";
import { startInstallation } from "./load/installation.js";
import { countingEnv, StoreCounter, type StoreCounts } from "./load/store-counts.js";

export interface WritesSize {
  /** Members of the group; each acknowledges and reads every message. */
  readonly common: number;
  readonly inFlight: number;
  readonly seconds: number;
  /** Messages that find the group idle. */
  readonly idleMessages: number;
}

/** How soon a conversation is quiet and cursors are stored: hastened, so that all that follows from a message is seen. */
const HASTY_MS = 1_000;
const HASTY = {
  CHAT_SESSION_ATTENTION_MS: String(HASTY_MS),
  CHAT_SESSION_CURSOR_FLUSH_MS: String(HASTY_MS),
};
/** Nothing written for so long: nothing more follows. */
const STILL_MS = 3 * HASTY_MS;

interface Counting {
  readonly room: GroupRoom;
  readonly processes: ReadonlyMap<string, number>;
  read(): Promise<StoreCounts>;
}

/** What a message of a group writes to all stores, when the group is idle and when it is busy: rows and syncs. */
export async function groupWrites(size: WritesSize): Promise<Record<string, number>> {
  const idle = await counting(size, HASTY, (it) => idleWrites(it, size));
  const busy = await counting(size, {}, (it) => busyWrites(it, size));
  return {
    store_writes_idle: idle.rows,
    store_syncs_idle: idle.syncs,
    store_writes_busy: busy.rows,
    store_syncs_busy: busy.syncs,
  };
}

async function counting(
  { common }: WritesSize,
  env: Readonly<Record<string, string>>,
  run: (counting: Counting) => Promise<StoreCounts>,
): Promise<StoreCounts> {
  const directory = await mkdtemp(join(tmpdir(), "cm-counts-"));
  const installation = await startInstallation({
    topology: "processes",
    accounts: common,
    env: { ...env, ...countingEnv(directory), CHAT_GROUP_MEMBERS_MAX_COUNT: "1024" },
  });
  try {
    const { accounts, processes } = installation;
    const room = await GroupRoom.open(installation, accounts.slice(0, common), 1);
    room.habits = { ackEvery: 1, read: true };
    const counter = new StoreCounter(directory, pidsOf(processes));
    try {
      return await run({ room, processes, read: () => counter.read() });
    } finally {
      room.close();
    }
  } finally {
    await installation.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Presence stores that users were active, once a second, whatever they read. */
function pidsOf(processes: ReadonlyMap<string, number>): number[] {
  return ["session", "receipts"].map((name) => processes.get(name) as number);
}

/** One message after the other, each when all that the one before brought about is over. */
async function idleWrites(it: Counting, { idleMessages }: WritesSize): Promise<StoreCounts> {
  const before = await still(it);
  const one = { inFlight: 1, seconds: 0 };
  for (let i = 0; i < idleMessages; i++) {
    await fanOut(it.room, it.processes, one);
    await still(it);
  }
  return per(before, await still(it), idleMessages);
}

async function busyWrites(it: Counting, size: WritesSize): Promise<StoreCounts> {
  await fanOut(it.room, it.processes, { ...size, seconds: size.seconds / 3 });
  const before = await it.read();
  const { messages } = await fanOut(it.room, it.processes, size);
  return per(before, await it.read(), messages);
}

async function still({ read }: Counting): Promise<StoreCounts> {
  for (let last = await read(); ; ) {
    await after(STILL_MS);
    const now = await read();
    if (now.rows === last.rows) return now;
    last = now;
  }
}

function per(before: StoreCounts, now: StoreCounts, messages: number): StoreCounts {
  return {
    rows: (now.rows - before.rows) / messages,
    syncs: (now.syncs - before.syncs) / messages,
  };
}
