import { viewOf } from "../lib/wire/words.js";

/** What is known of each tracked user, packed: about 60 bytes, and no object. A record keeps its number until the user is let go. */

/** Letters of a user id behind its prefix: the key of a record, as four words. */
const PREFIX = 3;
const KEY_BYTES = 16;
/** Length of a user id. */
export const USER_ID_BYTES = PREFIX + KEY_BYTES;
const FIRST_RECORDS = 1024;
/** Records looked at for one that may go, before a new user is refused. */
const LOOK_MAX = 512;

/** Nothing is known of a user's activity in the life of this process. */
export const NEVER = -0x8000_0000;
export const NONE = -1;

export const FLAG = {
  /** What the store knows is in the record. */
  loaded: 1,
  /** The store is being asked. */
  loading: 2,
  /** Somebody watches the user. */
  watched: 4,
  /** Looked at since the hand came by. */
  used: 8,
  /** The store is being asked about nobody, for an answer that says nothing of him. */
  pretending: 16,
} as const;

export class Users {
  size = 0;
  /** Unix second of the newest activity that is stored, 0 when none is known; it only rises, also over a crash. */
  seen = new Uint32Array(0);
  /** Monotonic second of the newest activity, or NEVER. */
  active = new Int32Array(0);
  /** Unix second of the last point, which is above `seen` until it is stored, and below it when the clock was set back. */
  point = new Uint32Array(0);
  /** Number of the batch of points that holds it. */
  batch = new Uint32Array(0);
  /** Day of the last point. */
  day = new Uint16Array(0);
  /** First lease of the user, or NONE. */
  lease = new Int32Array(0);
  flags = new Uint8Array(0);
  readonly #key = new Int32Array(KEY_BYTES / 4);
  readonly #scratch = Buffer.alloc(USER_ID_BYTES, "us_", "latin1");
  #keys = new Int32Array(0);
  /** Open addressing: number of the record + 1, or 0. At most half full. */
  #index = new Int32Array(0);
  #hand = 0;

  /** `mayGo` says whether a record holds nothing that would be lost with it. */
  constructor(
    readonly max: number,
    readonly mayGo: (record: number) => boolean,
  ) {
    this.#grow(Math.min(max, FIRST_RECORDS));
  }

  /** Bytes of all arrays. */
  get bytes(): number {
    const { seen, active, point, batch, day, lease, flags } = this;
    const all = [seen, active, point, batch, day, lease, flags, this.#keys, this.#index];
    return all.reduce((sum, array) => sum + array.byteLength, 0);
  }

  /** The record of the user whose well-formed id lies in `buf` at `start`; NONE when there is none. */
  findAt(buf: Uint8Array, start: number): number {
    this.#read(buf, start);
    return (this.#index[this.#slot()] as number) - 1;
  }

  find(user: string): number {
    this.#scratch.write(user, 0, "latin1");
    return this.findAt(this.#scratch, 0);
  }

  /** As `findAt`, and makes a record; NONE when there is no room and no record may go. */
  takeAt(buf: Uint8Array, start: number): number {
    this.#read(buf, start);
    const found = (this.#index[this.#slot()] as number) - 1;
    if (found === NONE) return this.#add();
    (this.flags[found] as number) |= FLAG.used;
    return found;
  }

  take(user: string): number {
    this.#scratch.write(user, 0, "latin1");
    return this.takeAt(this.#scratch, 0);
  }

  /** One of the four words of the record's key. */
  word(record: number, at: number): number {
    return this.#keys[record * 4 + at] as number;
  }

  idOf(record: number): string {
    return idOfWords(this.#keys, record);
  }

  has(record: number, flag: number): boolean {
    return ((this.flags[record] as number) & flag) !== 0;
  }

  set(record: number, flag: number): void {
    (this.flags[record] as number) |= flag;
  }

  clear(record: number, flag: number): void {
    (this.flags[record] as number) &= ~flag;
  }

  #read(buf: Uint8Array, start: number): void {
    const view = viewOf(buf);
    for (let i = 0; i < 4; i++) this.#key[i] = view.getInt32(start + PREFIX + i * 4);
  }

  /** The slot of the key, or the empty one where it belongs. */
  #slot(): number {
    const key = this.#key;
    const index = this.#index;
    const keys = this.#keys;
    const mask = index.length - 1;
    let slot = hash(key, 0) & mask;
    for (; index[slot] !== 0; slot = (slot + 1) & mask) {
      const at = ((index[slot] as number) - 1) * 4;
      if (keys[at + 3] !== key[3] || keys[at + 2] !== key[2]) continue;
      if (keys[at + 1] === key[1] && keys[at] === key[0]) break;
    }
    return slot;
  }

  #add(): number {
    let record = this.size;
    if (record === this.max) {
      record = this.#letGo();
      if (record === NONE) return NONE;
    } else {
      if (record === this.seen.length) this.#grow(Math.min(this.max, record * 2));
      this.size++;
    }
    // The index may be another one, or its slots have moved: the place is looked for again.
    this.#index[this.#slot()] = record + 1;
    this.#keys.set(this.#key, record * 4);
    this.seen[record] = 0;
    this.active[record] = NEVER;
    this.point[record] = 0;
    this.batch[record] = 0;
    this.day[record] = 0;
    this.lease[record] = NONE;
    this.flags[record] = FLAG.used;
    return record;
  }

  /** Takes the next record that was not looked at lately and may go out of the index; the next one that may go when there is none near. */
  #letGo(): number {
    let found = NONE;
    for (let looked = 0; looked < LOOK_MAX; looked++) {
      const record = this.#hand;
      this.#hand = (record + 1) % this.max;
      const used = this.has(record, FLAG.used);
      this.clear(record, FLAG.used);
      if ((used && found !== NONE) || !this.mayGo(record)) continue;
      found = record;
      if (!used) break;
    }
    if (found !== NONE) this.#remove(found);
    return found;
  }

  /** Empties the slot of a record and moves back those behind it that belong further ahead. */
  #remove(record: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = hash(this.#keys, record * 4) & mask;
    while (index[hole] !== record + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; index[slot] !== 0; slot = (slot + 1) & mask) {
      const home = hash(this.#keys, ((index[slot] as number) - 1) * 4) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      index[hole] = index[slot] as number;
      hole = slot;
    }
    index[hole] = 0;
  }

  #grow(records: number): void {
    this.seen = grown(this.seen, Uint32Array, records);
    this.active = grown(this.active, Int32Array, records);
    this.point = grown(this.point, Uint32Array, records);
    this.batch = grown(this.batch, Uint32Array, records);
    this.day = grown(this.day, Uint16Array, records);
    this.lease = grown(this.lease, Int32Array, records);
    this.flags = grown(this.flags, Uint8Array, records);
    this.#keys = grown(this.#keys, Int32Array, records * 4);
    let slots = 2;
    while (slots < records * 2) slots *= 2;
    const index = new Int32Array(slots);
    for (let record = 0; record < this.size; record++) {
      let slot = hash(this.#keys, record * 4) & (slots - 1);
      while (index[slot] !== 0) slot = (slot + 1) & (slots - 1);
      index[slot] = record + 1;
    }
    this.#index = index;
  }
}

/** The user id of four words. */
export function idOfWords(words: Int32Array, record: number): string {
  for (let i = 0; i < 4; i++) ID.writeInt32BE(words[record * 4 + i] as number, PREFIX + i * 4);
  return ID.toString("latin1");
}

const ID = Buffer.alloc(USER_ID_BYTES, "us_", "latin1");

function grown<T extends { set(from: T): void }>(
  from: T,
  type: new (n: number) => T,
  n: number,
): T {
  const into = new type(n);
  into.set(from);
  return into;
}

/** Ids are random, but chosen ones must not all fall into one place either: every byte counts. */
function hash(words: Int32Array, at: number): number {
  let h = 0x9e3779b1;
  for (let i = 0; i < 4; i++) {
    h = Math.imul(h ^ (words[at + i] as number), 0x85ebca6b);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
