import { limits } from "../limits.js";
import { varintSize, WireWriter } from "../wire/writer.js";

const SLAB_BYTES = 64 * 1024;
/** Tags and lengths around a frame, and the slack WireWriter asks for before each field. */
const FRAME_OVERHEAD_BYTES = 64;
/** Largest frame: it must fit into one gRPC message together with its tag and length. */
const FRAME_BYTES_MAX = limits.grpcMessageBytesMax - FRAME_OVERHEAD_BYTES;

/**
 * The frames written and not yet taken by the transport, as encoded `Batch{repeated Frame frames =
 * 1}` messages. Frames are written into a slab, one after another; a batch is a piece of it. Bytes
 * that were handed over are never written again: a full slab is left to its readers.
 */
export class Outgoing {
  /** Bytes of all complete frames held here. */
  bytes = 0;
  #writer = new WireWriter(0);
  #batchStart = 0;
  #frameStart = 0;
  /** Complete batches, oldest first, from `#next` on. */
  #ready: Buffer[] = [];
  #next = 0;

  /** Starts a frame; one that was begun and never ended, because its writer threw, is dropped. */
  begin(kind: number, sizeHint: number): WireWriter {
    const writer = this.#writer;
    if (writer.depth > 0) writer.rewind(this.#frameStart, 0);
    if (writer.buf.length - writer.pos < sizeHint + FRAME_OVERHEAD_BYTES) this.#takeSlab(sizeHint);
    this.#frameStart = writer.pos;
    writer.open(1, sizeHint + 1 + varintSize(sizeHint));
    writer.open(kind, sizeHint);
    return writer;
  }

  /** Ends the frame begun last. Throws, and drops it, when no peer could receive it. */
  end(): void {
    const writer = this.#writer;
    while (writer.depth > 0) writer.close();
    const bytes = writer.pos - this.#frameStart;
    if (bytes > FRAME_BYTES_MAX) {
      writer.rewind(this.#frameStart, 0);
      throw new RangeError(`a frame of ${bytes} bytes is above the ${FRAME_BYTES_MAX} of a link`);
    }
    if (writer.pos - this.#batchStart > limits.batchBytesMax) this.#cut(this.#frameStart);
    this.bytes += bytes;
  }

  /** The oldest batch, or undefined when there is none. */
  take(): Buffer | undefined {
    if (this.#next === this.#ready.length) {
      if (this.#writer.depth > 0) this.#writer.rewind(this.#frameStart, 0);
      this.#cut(this.#writer.pos);
    }
    const batch = this.#ready[this.#next];
    if (!batch) return undefined;
    this.#next++;
    if (this.#next === this.#ready.length) {
      this.#ready.length = 0;
      this.#next = 0;
    }
    this.bytes -= batch.length;
    return batch;
  }

  /** Forgets everything. */
  clear(): void {
    this.bytes = 0;
    this.#ready = [];
    this.#next = 0;
    this.#writer = new WireWriter(0);
    this.#batchStart = 0;
  }

  /** Ends the batch at `end`; what is behind it begins the next one. */
  #cut(end: number): void {
    if (end === this.#batchStart) return;
    this.#ready.push(this.#writer.buf.subarray(this.#batchStart, end));
    this.#batchStart = end;
  }

  #takeSlab(sizeHint: number): void {
    this.#cut(this.#writer.pos);
    this.#writer.use(Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, sizeHint + FRAME_OVERHEAD_BYTES)));
    this.#batchStart = 0;
  }
}
