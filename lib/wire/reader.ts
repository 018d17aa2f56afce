/** The bytes are not valid Protobuf, or hold a number above 2^53 − 1. */
export class WireError extends Error {
  override name = "WireError";
}

/**
 * Walks a message in the Protobuf wire format by offsets, without building objects. After `next()`
 * the field's number is in `field`; read its value with the method of its type, or call `next()`
 * again to skip it. For a length-delimited field the value lies in `buf` from `start` to `stop`.
 */
export class WireReader {
  buf: Buffer = EMPTY;
  pos = 0;
  end = 0;
  /** Number of the current field. */
  field = 0;
  /** Wire type of the current field: 0 varint, 1 fixed64, 2 length-delimited, 5 fixed32. */
  type = 0;
  /** First byte of the current length-delimited value. */
  start = 0;
  /** First byte behind the current length-delimited value. */
  stop = 0;
  #value = 0;

  /** Begins to read the message in `buf` from `start` to `end`. */
  reset(buf: Buffer, start = 0, end = buf.length): this {
    this.buf = buf;
    this.pos = start;
    this.end = end;
    return this;
  }

  /** Begins to read the embedded message that is the current field of `outer`. */
  enter(outer: WireReader): this {
    outer.#expect(2);
    return this.reset(outer.buf, outer.start, outer.stop);
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    const { pos, end } = this;
    if (pos >= end) return false;
    const first = this.buf[pos] as number;
    if (first < 0x80) {
      this.pos = pos + 1;
      this.field = first >> 3;
      this.type = first & 7;
      if (first < 8) throw new WireError("invalid tag");
    } else this.#longTag();
    switch (this.type) {
      case 0:
        this.#value = this.#varint();
        return true;
      case 2: {
        const length = this.#varint();
        this.start = this.pos;
        this.stop = this.pos + length;
        break;
      }
      case 1:
        this.start = this.pos;
        this.stop = this.pos + 8;
        break;
      case 5:
        this.start = this.pos;
        this.stop = this.pos + 4;
        break;
      default:
        throw new WireError(`wire type ${this.type}`);
    }
    if (this.stop > end) throw new WireError("truncated");
    this.pos = this.stop;
    return true;
  }

  /** The current field as an unsigned integer or an enum. */
  uint(): number {
    this.#expect(0);
    if (this.#value > Number.MAX_SAFE_INTEGER) throw new WireError("number above 2^53 - 1");
    return this.#value;
  }

  bool(): boolean {
    this.#expect(0);
    return this.#value !== 0;
  }

  /** The current field as a string known to be ASCII, or to be checked afterwards. */
  ascii(): string {
    this.#expect(2);
    return this.buf.toString("latin1", this.start, this.stop);
  }

  string(): string {
    this.#expect(2);
    return this.buf.toString("utf8", this.start, this.stop);
  }

  /** The current field's bytes: a view, valid as long as `buf` is. */
  view(): Buffer {
    this.#expect(2);
    return this.buf.subarray(this.start, this.stop);
  }

  /** Appends the current field's numbers, packed or single, to `into`. */
  packed(into: number[]): void {
    this.packedFrom(into, into.length);
  }

  /**
   * Writes the current field's numbers, packed or single, into `into` from index `at` on, and gives the index behind them.
   * The array keeps its length: it serves one frame after the other.
   */
  packedFrom(into: number[], at: number): number {
    if (this.type === 0) {
      into[at] = this.uint();
      return at + 1;
    }
    this.#expect(2);
    const { pos, end, stop } = this;
    let next = at;
    this.pos = this.start;
    this.end = stop;
    while (this.pos < stop) {
      const value = this.#varint();
      if (value > Number.MAX_SAFE_INTEGER) throw new WireError("number above 2^53 - 1");
      into[next++] = value;
    }
    this.pos = pos;
    this.end = end;
    return next;
  }

  /** Throws when the current length-delimited field is of another wire type. */
  expectMessage(): void {
    this.#expect(2);
  }

  /** The bare number at `pos`, as `WireWriter.varint` writes it. */
  varint(): number {
    return this.#varint();
  }

  #expect(type: number): void {
    if (this.type !== type) throw new WireError(`field ${this.field} has wire type ${this.type}`);
  }

  #longTag(): void {
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.type = tag & 7;
    if (this.field === 0 || tag > 0xffff_ffff) throw new WireError("invalid tag");
  }

  #varint(): number {
    const { buf, end } = this;
    let { pos } = this;
    if (pos < end) {
      const first = buf[pos] as number;
      if (first < 0x80) {
        this.pos = pos + 1;
        return first;
      }
    }
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (pos >= end) throw new WireError("truncated");
      const byte = buf[pos++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.pos = pos;
        return value;
      }
      scale *= 0x80;
    }
    throw new WireError("varint of more than 10 bytes");
  }
}

const EMPTY = Buffer.alloc(0);
