import { isUtf8 } from "node:buffer";
import { WireError, WireReader } from "../lib/wire/reader.js";
import { FIELD_NUMBER_MAX, type FieldShape, KIND, type Shape } from "./shape.js";
import type { Slice } from "./slice.js";

const UINT32_MAX = 0xffff_ffff;
const DEPTH_MAX = 16;

/**
 * One client frame, walked strictly: the whole of it is checked against the contract's shape, and
 * the places of the arm's own fields are kept. Stricter than Protobuf where two readers could see
 * different things: a field that is given twice and a known field of another wire type make a frame
 * invalid. Unknown fields are passed over and reported. One object serves all frames: read what is
 * needed before the next `decode`.
 */
export class FrameView {
  buf: Buffer = EMPTY;
  /** Field number of the arm of ClientFrame. */
  arm = 0;
  /** Whether there are fields that the contract does not know. */
  unknown = false;
  /** The entries of the arm's repeated string field: start and stop of each. */
  readonly list: number[] = [];
  readonly #shape: Shape;
  readonly #readers: readonly WireReader[];
  readonly #values = new Float64Array(FIELD_NUMBER_MAX + 1);
  readonly #starts = new Int32Array(FIELD_NUMBER_MAX + 1);
  readonly #stops = new Int32Array(FIELD_NUMBER_MAX + 1);
  #present = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
    this.#readers = Array.from({ length: DEPTH_MAX }, () => new WireReader());
  }

  /** Reads one frame. Throws WireError when it is not valid. */
  decode({ buf, start, stop }: Slice): void {
    this.buf = buf;
    this.arm = 0;
    this.unknown = false;
    if (this.list.length > 0) this.list.length = 0;
    this.#present = 0;
    (this.#readers[0] as WireReader).reset(buf, start, stop);
    this.#walk(this.#shape, 0);
    if (this.arm === 0) throw new WireError("no known kind of frame");
  }

  has(field: number): boolean {
    return (this.#present & (1 << field)) !== 0;
  }

  /** A number or bool of the arm; 0 when it is not there. */
  uint(field: number): number {
    return this.has(field) ? (this.#values[field] as number) : 0;
  }

  start(field: number): number {
    return this.has(field) ? (this.#starts[field] as number) : 0;
  }

  stop(field: number): number {
    return this.has(field) ? (this.#stops[field] as number) : 0;
  }

  length(field: number): number {
    return this.stop(field) - this.start(field);
  }

  /** A string of the arm whose characters are to be checked as ASCII. */
  ascii(field: number): string {
    return this.buf.toString("latin1", this.start(field), this.stop(field));
  }

  #walk(shape: Shape, depth: number): void {
    const reader = this.#readers[depth] as WireReader;
    let seen = 0;
    while (reader.next()) {
      const field = reader.field <= FIELD_NUMBER_MAX ? shape.fields[reader.field] : undefined;
      if (field === undefined) {
        this.unknown = true;
        continue;
      }
      if ((seen & field.exclusive) !== 0)
        throw new WireError(`${shape.name} has field ${field.number} twice`);
      seen |= 1 << field.number;
      this.#value(field, reader, depth);
    }
    if (depth === 1) this.#present = seen;
  }

  #value(field: FieldShape, reader: WireReader, depth: number): void {
    if (field.message !== undefined) {
      const inner = this.#readers[depth + 1];
      if (inner === undefined) throw new WireError("nested too deeply");
      inner.enter(reader);
      if (depth === 0) this.arm = field.number;
      else this.#place(field, reader, depth);
      this.#walk(field.message, depth + 1);
      return;
    }
    if (field.kind === KIND.string) {
      reader.expectMessage();
      if (!isText(reader.buf, reader.start, reader.stop))
        throw new WireError("text that is not UTF-8");
      this.#place(field, reader, depth);
      return;
    }
    const value = reader.uint();
    if (field.kind === KIND.uint32 && value > UINT32_MAX)
      throw new WireError("number above 2^32 - 1");
    if (depth === 1) this.#values[field.number] = value;
  }

  #place(field: FieldShape, reader: WireReader, depth: number): void {
    if (depth !== 1) return;
    this.#starts[field.number] = reader.start;
    this.#stops[field.number] = reader.stop;
    if (field.repeated) this.list.push(reader.start, reader.stop);
  }
}

/**
 * Ids are short and ASCII: a look at their bytes is cheaper than the view that the general check
 * needs.
 */
function isText(buf: Buffer, start: number, stop: number): boolean {
  if (stop - start <= 64) {
    let i = start;
    while (i < stop && (buf[i] as number) < 0x80) i++;
    if (i === stop) return true;
  }
  return isUtf8(buf.subarray(start, stop));
}

const EMPTY = Buffer.alloc(0);
