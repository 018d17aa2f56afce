import type { KeyValueStore } from "../lib/store/kv.js";
import type { DeviceComparison, DeviceCursor, Lack } from "./store.js";
import type { DeviceRows } from "./store-level-devices.js";
import { changesRange, readChangeKey } from "./store-level-keys.js";
import { decodeChange } from "./store-level-rows.js";

/** A conversation that a device is compared with; its stamp is 0 when it is open. */
interface Change {
  readonly stamp: number;
  readonly conversation: string;
  readonly seq: number;
}

const NO_CURSOR: DeviceCursor = { cursor: 0, confirmed: 0, base: 0 };

/**
 * Compares a device with the user's conversations that are open or became quiet since it last lacked nothing: a device
 * that comes back costs what happened meanwhile, however many conversations its user has.
 *
 * Its cursors are read after the changes. They only rise, and a conversation that gets a new entry opens, so what a
 * comparison found settled stays so until it becomes quiet again, under a higher stamp.
 */
export async function compareDevice(
  kv: KeyValueStore,
  devices: DeviceRows,
  user: string,
  device: string,
): Promise<DeviceComparison> {
  const { based, settled } = await devices.read(user, device);
  if (based === 0) return { based, lacks: [] };
  const changes = await readChanges(kv, user, settled);
  const conversations = changes.map(({ conversation }) => conversation);
  const cursors =
    based === 1
      ? await devices.readAllCursors(user, device)
      : await devices.readCursors(user, device, conversations);
  const lacks: Lack[] = [];
  let reached = settled;
  for (const { stamp, conversation, seq } of changes) {
    const { cursor, confirmed } = cursors.get(conversation) ?? NO_CURSOR;
    if (stamp === 0 || seq > cursor || confirmed < cursor) {
      lacks.push({ conversation, cursor, confirmed });
    } else if (lacks.length === 0) reached = stamp;
  }
  if (reached > settled) {
    // Without it the next comparison only reads more.
    devices.write(user, device, { cursors: new Map(), settled: reached }).catch(() => {});
  }
  return { based, lacks, bases: based === 1 ? basesOf(cursors) : undefined };
}

async function readChanges(kv: KeyValueStore, user: string, settled: number): Promise<Change[]> {
  const pairs = await kv.range(changesRange(user, settled));
  return pairs.map(([key, value]) => {
    const at = readChangeKey(key, user);
    if (typeof at === "string") return { stamp: 0, conversation: at, seq: 0 };
    return { stamp: at, ...decodeChange(value) };
  });
}

function basesOf(cursors: ReadonlyMap<string, DeviceCursor>): (readonly [string, number])[] {
  const bases: (readonly [string, number])[] = [];
  for (const [conversation, { base }] of cursors) if (base > 0) bases.push([conversation, base]);
  return bases;
}
