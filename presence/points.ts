import { idOfWords, NONE, type Users } from "./users.js";

const FIRST = 1024;

export const DAY_S = 86_400;

/** Points of the time series that wait to be stored, packed: who did something in which second. */
export class Points {
  count = 0;
  /** Four words of each user's id. */
  words = new Int32Array(FIRST * 4);
  /** Their records, which are not let go while these wait; NONE when added by id. */
  records = new Int32Array(FIRST);
  /** Unix seconds. */
  seconds = new Uint32Array(FIRST);
  /** 1 when it may be the user's first point of that day. */
  begins = new Uint8Array(FIRST);

  /** Points there is room for. */
  get capacity(): number {
    return this.seconds.length;
  }

  add(users: Users, record: number, second: number, begins: boolean): void {
    if (this.count === this.seconds.length) this.#grow();
    const at = this.count++;
    for (let i = 0; i < 4; i++) this.words[at * 4 + i] = users.word(record, i);
    this.records[at] = record;
    this.seconds[at] = second;
    this.begins[at] = begins ? 1 : 0;
  }

  /** For tests and tools: adds by the user's id. */
  addOf(user: string, second: number): this {
    if (this.count === this.seconds.length) this.#grow();
    const at = this.count++;
    const bytes = Buffer.from(user.slice(3), "latin1");
    for (let i = 0; i < 4; i++) this.words[at * 4 + i] = bytes.readInt32BE(i * 4);
    this.records[at] = NONE;
    this.seconds[at] = second;
    this.begins[at] = 1;
    return this;
  }

  userAt(at: number): string {
    return idOfWords(this.words, at);
  }

  #grow(): void {
    const { words, records, seconds, begins } = this;
    this.words = new Int32Array(words.length * 2);
    this.words.set(words);
    this.records = new Int32Array(records.length * 2);
    this.records.set(records);
    this.seconds = new Uint32Array(seconds.length * 2);
    this.seconds.set(seconds);
    this.begins = new Uint8Array(begins.length * 2);
    this.begins.set(begins);
  }
}
