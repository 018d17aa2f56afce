import { limits } from "../lib/limits.js";

/**
 * The last sends of one device in one conversation: exact dedup and FIFO without a clock. Numbers that were
 * used up are consecutive, so the items are those of `last - items.length + 1` to `last`. Pure.
 */
export interface SendItem {
  /** 48-bit hash of the client_message_id. */
  readonly id: number;
  /** 32-bit hash of the encoded content. */
  readonly content: number;
  /** Position of the stored entry; 0 when the send was rejected. */
  readonly seq: number;
  /** When it was stored, Unix time in milliseconds; for a rejected one its RejectReason. */
  readonly at: number;
}

/**
 * `repeat`: seen before, answer with the outcome of `item`. `next`: new and in order. `conflict`: the id or the number belongs to
 * another message. `old`: so old that the client has its answer; say nothing. `gap`: a lower number is missing.
 */
export type Verdict =
  | { readonly kind: "repeat"; readonly item: SendItem }
  | { readonly kind: "next" | "conflict" | "old" | "gap" };

const NEXT: Verdict = { kind: "next" };
const CONFLICT: Verdict = { kind: "conflict" };
const OLD: Verdict = { kind: "old" };
const GAP: Verdict = { kind: "gap" };

export class SendWindow {
  /** The last number that was used up; 0 when none was. */
  last = 0;
  #items: SendItem[] = [];

  /** What a send is, before anything else is asked about it. */
  judge(number: number, id: number, content: number): Verdict {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      const item = this.#items[i] as SendItem;
      if (item.id === id) return item.content === content ? { kind: "repeat", item } : CONFLICT;
    }
    if (number === this.last + 1) return NEXT;
    if (number > this.last) return GAP;
    return number > this.last - this.#items.length ? CONFLICT : OLD;
  }

  /** Uses up the next number. */
  add(item: SendItem): void {
    this.last++;
    this.#items.push(item);
    if (this.#items.length > limits.sendsInFlightMax) this.#items.shift();
  }

  /** The row to store: last, then per item seq, at (varints), id (6 bytes), content (4 bytes). */
  encode(): Buffer {
    const out = Buffer.allocUnsafe(9 + this.#items.length * 26);
    let pos = writeVarint(out, 0, this.last);
    for (const item of this.#items) {
      pos = writeVarint(out, pos, item.seq);
      pos = writeVarint(out, pos, item.at);
      pos = out.writeUIntBE(item.id, pos, 6);
      pos = out.writeUInt32BE(item.content, pos);
    }
    return out.subarray(0, pos);
  }

  static decode(row: Buffer): SendWindow {
    const window = new SendWindow();
    const cursor = { pos: 0 };
    window.last = readVarint(row, cursor);
    while (cursor.pos < row.length) {
      const seq = readVarint(row, cursor);
      const at = readVarint(row, cursor);
      const id = row.readUIntBE(cursor.pos, 6);
      const content = row.readUInt32BE(cursor.pos + 6);
      cursor.pos += 10;
      window.#items.push({ id, content, seq, at });
    }
    return window;
  }
}

function writeVarint(out: Buffer, pos: number, value: number): number {
  while (value >= 0x80) {
    out[pos++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  out[pos++] = value;
  return pos;
}

function readVarint(row: Buffer, cursor: { pos: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = row.readUInt8(cursor.pos++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}
