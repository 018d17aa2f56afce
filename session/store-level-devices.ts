import type { KeyValueStore } from "../lib/store/kv.js";
import type { DeviceChange, DeviceCursor } from "./store.js";
import { deviceKey, deviceRange } from "./store-level-keys.js";
import {
  type DeviceRow,
  decodeCursor,
  decodeDevice,
  encodeCursor,
  encodeDevice,
} from "./store-level-rows.js";

/** As DeviceChange; `settled` rises too. */
interface StoredChange extends Pick<DeviceChange, "based" | "cursors"> {
  readonly settled?: number;
}

/** The device rows of the session's embedded store; every number in them only rises. */
export class DeviceRows {
  /** The last change of each device that is being written: the next one reads what it leaves. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(readonly kv: KeyValueStore) {}

  async read(user: string, device: string): Promise<DeviceRow> {
    return decodeDevice(await this.kv.get(deviceKey(user, device, "")));
  }

  async readAllCursors(user: string, device: string): Promise<ReadonlyMap<string, DeviceCursor>> {
    const range = deviceRange(user, device);
    const cursors = new Map<string, DeviceCursor>();
    for (const [key, value] of await this.kv.range(range)) {
      const conversation = key.toString("latin1", range.gte.length);
      if (conversation !== "") cursors.set(conversation, decodeCursor(value));
    }
    return cursors;
  }

  /** Those that are stored; perhaps others too: many are read in one go. */
  async readCursors(
    user: string,
    device: string,
    conversations: readonly string[],
  ): Promise<ReadonlyMap<string, DeviceCursor>> {
    if (conversations.length > SINGLE_READS_MAX) return this.readAllCursors(user, device);
    const found = new Map<string, DeviceCursor>();
    await Promise.all(
      conversations.map(async (conversation) => {
        const value = await this.kv.get(deviceKey(user, device, conversation));
        if (value) found.set(conversation, decodeCursor(value));
      }),
    );
    return found;
  }

  /**
   * One at a time per device. It resolves when the change is durable, also without `durable`: it
   * rides in the batch that is being collected anyway, and so later reads see it.
   */
  write(user: string, device: string, change: StoredChange): Promise<void> {
    const name = `${user}\0${device}`;
    const before = this.#writing.get(name);
    const raise = () => this.#raise(user, device, change);
    const done = before ? before.then(raise, raise) : raise();
    this.#writing.set(name, done);
    const forget = () => {
      if (this.#writing.get(name) === done) this.#writing.delete(name);
    };
    done.then(forget, forget);
    return done;
  }

  async #raise(user: string, device: string, change: StoredChange): Promise<void> {
    const puts: { key: Buffer; value: Buffer }[] = [];
    const stored = await this.readCursors(user, device, [...change.cursors.keys()]);
    for (const [conversation, cell] of change.cursors) {
      const before = stored.get(conversation);
      const merged = before ? raised(before, cell) : cell;
      if (!merged) continue;
      const key = deviceKey(user, device, conversation);
      puts.push({ key, value: encodeCursor(merged) });
    }
    const { based = 0, settled = 0 } = change;
    if (based > 0 || settled > 0) {
      const row = await this.read(user, device);
      if (based > row.based || settled > row.settled) {
        const higher = {
          based: based > row.based ? based : row.based,
          settled: Math.max(settled, row.settled),
        };
        puts.push({ key: deviceKey(user, device, ""), value: encodeDevice(higher) });
      }
    }
    if (puts.length === 0) return;
    await this.kv.write((batch) => {
      for (const { key, value } of puts) batch.put(key, value);
    });
  }
}

const SINGLE_READS_MAX = 8;

/** The maximum of each number; undefined when that is what is stored already. */
function raised(stored: DeviceCursor, cell: DeviceCursor): DeviceCursor | undefined {
  const cursor = Math.max(stored.cursor, cell.cursor);
  const confirmed = Math.max(stored.confirmed, cell.confirmed);
  const base = Math.max(stored.base, cell.base);
  const same = cursor === stored.cursor && confirmed === stored.confirmed && base === stored.base;
  return same ? undefined : { cursor, confirmed, base };
}
