import type { BatchSink, BatchStream, StreamEnd } from "./batch-stream.js";

/** For tests: a stream whose other end is the test. */
export class FakeStream implements BatchStream {
  readonly written: Buffer[] = [];
  /** What `write` answers. */
  takes = true;
  ended: { readonly how: StreamEnd; readonly why: string } | undefined;
  #sink: BatchSink | undefined;

  open(sink: BatchSink): void {
    this.#sink = sink;
  }

  write(batch: Buffer): boolean {
    this.written.push(batch);
    return this.takes;
  }

  close(how: StreamEnd, why: string): void {
    this.ended ??= { how, why };
  }

  get sink(): BatchSink {
    if (!this.#sink) throw new Error("the stream is not open");
    return this.#sink;
  }
}
