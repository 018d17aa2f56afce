import { hash53 } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import { WireReader } from "../lib/wire/reader.js";
import { WireWriter } from "../lib/wire/writer.js";

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
  /** Seq of the newest entry that is counted here. */
  through = 0;
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
    if (item.seq > this.through) this.through = item.seq;
    this.#items.push(item);
    if (this.#items.length > limits.sendsInFlightMax) this.#items.shift();
  }

  /** Counts a stored entry of the device; false when it was counted before the window was stored. */
  replay(seq: number, entry: Buffer): boolean {
    if (seq <= this.through) return false;
    let id = 0;
    let content = 0;
    let at = 0;
    stored.reset(entry);
    while (stored.next()) {
      if (stored.field === ENTRY.clientMessageId) id = idOf(entry, stored.start, stored.stop);
      else if (stored.field === ENTRY.atUnixMs) at = stored.uint();
      else if (stored.field === ENTRY.content) {
        content = contentOf(entry, stored.start, stored.stop);
      }
    }
    this.add({ id, content, seq, at });
    return true;
  }

  /** The row to store: last, through, then per item seq, at (varints), id (6 bytes), content (4 bytes). */
  encode(): Buffer {
    row.varint(this.last);
    row.varint(this.through);
    for (const item of this.#items) {
      row.varint(item.seq);
      row.varint(item.at);
      row.reserve(10);
      row.pos = row.buf.writeUIntBE(item.id, row.pos, 6);
      row.pos = row.buf.writeUInt32BE(item.content, row.pos);
    }
    return row.take();
  }

  static decode(value: Buffer): SendWindow {
    const window = new SendWindow();
    const body = new WireReader().reset(value);
    window.last = body.varint();
    window.through = body.varint();
    while (body.pos < body.end) {
      const seq = body.varint();
      const at = body.varint();
      const id = value.readUIntBE(body.pos, 6);
      const content = value.readUInt32BE(body.pos + 6);
      body.pos += 10;
      window.#items.push({ id, content, seq, at });
    }
    return window;
  }
}

/** What a client_message_id is compared by. */
export function idOf(buf: Buffer, start: number, end: number): number {
  return hash53(buf, start, end) % 2 ** 48;
}

/** What an encoded content is compared by. */
export function contentOf(buf: Buffer, start: number, stop: number): number {
  return hash53(buf, start, stop) % 2 ** 32;
}

/** Field numbers of chat.client.v1.Entry. */
const ENTRY = { clientMessageId: 3, atUnixMs: 4, content: 5 } as const;

const row = new WireWriter(512);
const stored = new WireReader();
