import { copyWords, hasView, Known, newView, viewOf } from "./words.js";

/**
 * Writes the Protobuf wire format straight into a growing buffer: the hot path's encoder. It
 * follows proto3 (a field with its default value is left out), so that fields written in ascending
 * order give the bytes the generated codec gives.
 */
export class WireWriter {
  buf: Buffer;
  pos = 0;
  #view: DataView;
  #open: number[] = [];
  #depth = 0;
  /** The buffer copied from last: a second piece of it pays for a view. */
  #from: Uint8Array | undefined;

  constructor(size = 1024) {
    this.buf = Buffer.allocUnsafeSlow(size);
    this.#view = newView(this.buf);
  }

  /** Goes on at the start of another buffer. */
  use(buf: Buffer): void {
    this.buf = buf;
    this.pos = 0;
    this.#view = newView(buf);
  }

  /** Makes room for `bytes` more. */
  reserve(bytes: number): void {
    const need = this.pos + bytes;
    if (need <= this.buf.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(need, this.buf.length * 2));
    this.buf.copy(grown, 0, 0, this.pos);
    this.buf = grown;
    this.#view = newView(grown);
  }

  /** Unsigned integer, bool as 0/1, or enum; below 2^53. */
  uint(field: number, value: number): void {
    if (value === 0) return;
    this.reserve(15);
    this.#varint(field << 3);
    this.#varint(value);
  }

  bool(field: number, value: boolean): void {
    if (value) this.uint(field, 1);
  }

  string(field: number, value: string): void {
    if (value === "") return;
    const length = Buffer.byteLength(value);
    this.reserve(length + 10);
    this.#varint((field << 3) | 2);
    this.#varint(length);
    this.pos += this.buf.write(value, this.pos, length, "utf8");
  }

  /** A string known to be ASCII: an id. */
  ascii(field: number, value: string): void {
    const length = value.length;
    if (length === 0) return;
    this.reserve(length + 10);
    this.#varint((field << 3) | 2);
    this.#varint(length);
    this.pos += this.buf.write(value, this.pos, length, "latin1");
  }

  /** Bytes, or an embedded message that is encoded already; written even when empty if `always`. */
  bytes(field: number, from: Uint8Array, start = 0, end = from.length, always = false): void {
    const length = end - start;
    if (length === 0 && !always) return;
    this.reserve(length + 10);
    this.#varint((field << 3) | 2);
    this.#varint(length);
    this.raw(from, start, end);
  }

  /** Repeated unsigned integers in packed form. */
  packed(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    this.open(field, values.length * 3);
    this.reserve(values.length * 10);
    for (let i = 0; i < values.length; i++) this.#varint(values[i] as number);
    this.close();
  }

  /** A field that is encoded already. */
  encoded({ view, length }: Encoded): void {
    this.reserve(length);
    copyWords(view, 0, length, this.#view, this.pos);
    this.pos += length;
  }

  /** Bytes as they are, without tag or length. */
  raw(from: Uint8Array, start = 0, end = from.length): void {
    const length = end - start;
    this.reserve(length);
    const { buf, pos } = this;
    if (length <= BYTEWISE_MAX) {
      for (let i = 0; i < length; i++) buf[pos + i] = from[start + i] as number;
    } else if (length <= WORDWISE_MAX && (from === this.#from || hasView(from))) {
      copyWords(viewOf(from), start, end, this.#view, pos);
    } else {
      buf.set(start === 0 && end === from.length ? from : from.subarray(start, end), pos);
      this.#from = from;
    }
    this.pos = pos + length;
  }

  /**
   * Starts an embedded message; `sizeHint` is its expected length. A wrong hint costs one move of
   * the bytes at `close`, nothing else.
   */
  open(field: number, sizeHint: number): void {
    this.reserve(10);
    this.#varint((field << 3) | 2);
    const width = sizeHint < 0x80 ? 1 : sizeHint < 0x4000 ? 2 : 3;
    const depth = this.#depth;
    this.#open[depth] = this.pos;
    this.#open[depth + 1] = width;
    this.#depth = depth + 2;
    this.pos += width;
  }

  /** Ends the embedded message opened last. */
  close(): void {
    this.#depth -= 2;
    const start = this.#open[this.#depth] as number;
    const width = this.#open[this.#depth + 1] as number;
    const length = this.pos - start - width;
    if (width === 1 && length < 0x80) {
      this.buf[start] = length;
      return;
    }
    const needed = varintSize(length);
    if (needed !== width) {
      if (needed > width) this.reserve(needed - width);
      this.buf.copyWithin(start + needed, start + width, this.pos);
      this.pos += needed - width;
    }
    const end = this.pos;
    this.pos = start;
    this.#varint(length);
    this.pos = end;
  }

  /** How many embedded messages are open. */
  get depth(): number {
    return this.#depth / 2;
  }

  /** Drops everything after `pos`, embedded messages opened since included. */
  rewind(pos: number, depth: number): void {
    this.pos = pos;
    this.#depth = depth * 2;
  }

  /** The bytes written so far; valid until the next write. */
  view(): Buffer {
    return this.buf.subarray(0, this.pos);
  }

  /** A copy of the bytes written so far; the writer is empty afterwards and keeps its buffer. */
  take(): Buffer {
    const out = Buffer.allocUnsafe(this.pos);
    this.buf.copy(out, 0, 0, this.pos);
    this.pos = 0;
    return out;
  }

  /** A bare number in the wire format's variable length, without a tag; below 2^53. */
  varint(value: number): void {
    this.reserve(10);
    this.#varint(value);
  }

  #varint(value: number): void {
    const { buf } = this;
    let { pos } = this;
    if (value < 0x80) {
      buf[pos] = value;
      this.pos = pos + 1;
      return;
    }
    if (value > 0xffff_ffff) {
      while (value >= 0x8000_0000) {
        buf[pos++] = (value % 0x80) | 0x80;
        value = Math.floor(value / 0x80);
      }
    }
    value >>>= 0;
    while (value >= 0x80) {
      buf[pos++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buf[pos++] = value;
    this.pos = pos;
  }
}

/**
 * A field that never changes, such as an id that goes into many frames, encoded once. Copying it costs a third of encoding a
 * string.
 */
export class Encoded extends Known {
  /** What `write` writes. */
  static of(write: (writer: WireWriter) => void): Encoded {
    const writer = new WireWriter(64);
    write(writer);
    return new Encoded(writer.view());
  }

  /** An ASCII string as this field. */
  static ascii(field: number, value: string): Encoded {
    return Encoded.of((writer) => writer.ascii(field, value));
  }
}

/** Up to here a loop over bytes is the quickest way to copy them, up to the next one a loop over words. */
const BYTEWISE_MAX = 16;
const WORDWISE_MAX = 128;

/** Bytes a varint of this value takes. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  let size = 5;
  for (let rest = Math.floor(value / 0x8_0000_0000); rest > 0; rest = Math.floor(rest / 0x80))
    size++;
  return size;
}
