/** A part of a buffer. Holders of one reuse it, so that the hot path makes no object per frame. */
export class Slice {
  buf: Buffer = EMPTY;
  start = 0;
  stop = 0;

  set(buf: Buffer, start = 0, stop = buf.length): this {
    this.buf = buf;
    this.start = start;
    this.stop = stop;
    return this;
  }

  get length(): number {
    return this.stop - this.start;
  }
}

const EMPTY = Buffer.alloc(0);
