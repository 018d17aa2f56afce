import type { KeyValueStore } from "../lib/store/kv.js";
import { DAY_S, type Points } from "./points.js";
import type { PresenceStore, Span } from "./store.js";
import { USER_ID_BYTES } from "./users.js";

/** Layout of the rows; another one is another number. */
export const LEVEL_FORMAT = 1;

/**
 * Points in an ordered key-value store; all that is said is in the keys.
 *
 * - `p` day user second: a point; day as 2 bytes, the id without its prefix, the second of the day as 3 bytes. The oldest day is one range.
 * - `d` user day: the user has points on that day. The newest of these leads to the newest point.
 */
export function levelPresenceStore(kv: KeyValueStore): PresenceStore {
  return new LevelPresenceStore(kv);
}

const POINT = "p".charCodeAt(0);
const DAY = "d".charCodeAt(0);
const ID = 16;
const POINT_BYTES = 1 + 2 + ID + 3;
const DAY_BYTES = 1 + ID + 2;
const EMPTY = Buffer.alloc(0);
const DAYS_MAX = 0xffff;

class LevelPresenceStore implements PresenceStore {
  readonly #kv: KeyValueStore;
  readonly #point = Buffer.alloc(POINT_BYTES);
  readonly #day = Buffer.alloc(DAY_BYTES);

  constructor(kv: KeyValueStore) {
    this.#kv = kv;
  }

  add(points: Points): Promise<void> {
    const point = this.#point;
    const day = this.#day;
    point[0] = POINT;
    day[0] = DAY;
    return this.#kv.write((batch) => {
      const { count, words, seconds, begins } = points;
      for (let at = 0; at < count; at++) {
        const second = seconds[at] as number;
        const date = Math.floor(second / DAY_S);
        point.writeUInt16BE(date, 1);
        for (let i = 0; i < 4; i++) point.writeInt32BE(words[at * 4 + i] as number, 3 + i * 4);
        point.writeUIntBE(second - date * DAY_S, 3 + ID, 3);
        batch.put(point, EMPTY);
        if (begins[at] === 0) continue;
        point.copy(day, 1, 3, 3 + ID);
        day.writeUInt16BE(date, 1 + ID);
        batch.put(day, EMPTY);
      }
    });
  }

  async lastSeen(user: string): Promise<number> {
    const [newest] = await this.#kv.range({
      gte: dayKey(user, 0),
      lt: dayKey(user, DAYS_MAX),
      reverse: true,
      limit: 1,
    });
    if (newest === undefined) return 0;
    const day = newest[0].readUInt16BE(1 + ID);
    const [last] = await this.#kv.range({
      gte: pointKey(day, user, 0),
      lt: pointKey(day, user, DAY_S),
      reverse: true,
      limit: 1,
    });
    return last === undefined ? 0 : secondOf(last[0]);
  }

  async list(user: string, { from, to, limit }: Span): Promise<number[]> {
    const found: number[] = [];
    const days = await this.#kv.range({
      gte: dayKey(user, Math.floor(from / DAY_S)),
      lt: dayKey(user, Math.ceil(to / DAY_S)),
    });
    for (const [key] of days) {
      if (found.length >= limit) break;
      const day = key.readUInt16BE(1 + ID);
      const first = Math.max(0, from - day * DAY_S);
      const end = Math.min(DAY_S, to - day * DAY_S);
      const points = await this.#kv.range({
        gte: pointKey(day, user, first),
        lt: pointKey(day, user, end),
        limit: limit - found.length,
      });
      for (const [point] of points) found.push(secondOf(point));
    }
    return found;
  }

  async oldestDay(): Promise<number | undefined> {
    const [first] = await this.#kv.range({
      gte: Buffer.of(POINT),
      lt: Buffer.of(POINT + 1),
      limit: 1,
    });
    return first?.[0].readUInt16BE(1);
  }

  async expire(day: number, limit: number): Promise<boolean> {
    const lt = Buffer.alloc(POINT_BYTES);
    lt[0] = POINT;
    lt.writeUInt16BE(day, 1);
    const old = await this.#kv.range({ gte: Buffer.of(POINT), lt, limit });
    if (old.length === 0) return false;
    await this.#kv.write((batch) => {
      for (const [key] of old) {
        batch.del(key);
        const name = Buffer.alloc(DAY_BYTES);
        name[0] = DAY;
        key.copy(name, 1, 3, 3 + ID);
        key.copy(name, 1 + ID, 1, 3);
        batch.del(name);
      }
    });
    return true;
  }

  close(): Promise<void> {
    return this.#kv.close();
  }
}

function dayKey(user: string, day: number): Buffer {
  const key = Buffer.alloc(DAY_BYTES);
  key[0] = DAY;
  key.write(user.slice(USER_ID_BYTES - ID), 1, "latin1");
  key.writeUInt16BE(Math.min(DAYS_MAX, Math.max(0, day)), 1 + ID);
  return key;
}

function pointKey(day: number, user: string, second: number): Buffer {
  const key = Buffer.alloc(POINT_BYTES);
  key[0] = POINT;
  key.writeUInt16BE(day, 1);
  key.write(user.slice(USER_ID_BYTES - ID), 3, "latin1");
  key.writeUIntBE(second, 3 + ID, 3);
  return key;
}

function secondOf(key: Buffer): number {
  return key.readUInt16BE(1) * DAY_S + key.readUIntBE(3 + ID, 3);
}
