import type { BatchSink, BatchStream, StreamEnd } from "../link/batch-stream.js";

/**
 * One end of a stream inside this process. Batches pass by reference, straight from the flush of
 * one link into the other: a flush runs in a turn of its own, so nobody is called from within his
 * own `begin` or `end`.
 */
export class LocalStream implements BatchStream {
  #peer: LocalStream | undefined;
  #sink: BatchSink | undefined;
  #inbox: Buffer[] = [];
  #delivering = false;
  #over = false;

  constructor(readonly onOpen?: () => void) {}

  /** Makes the two streams the ends of one. */
  static join(a: LocalStream, b: LocalStream): void {
    a.#peer = b;
    b.#peer = a;
    b.#deliver();
    a.#deliver();
  }

  open(sink: BatchSink): void {
    this.#sink = sink;
    this.onOpen?.();
    this.#deliver();
  }

  write(batch: Buffer): boolean {
    if (this.#over) return true;
    const peer = this.#peer;
    if (!peer) return true;
    peer.#inbox.push(batch);
    peer.#deliver();
    return true;
  }

  close(_how: StreamEnd, why: string): void {
    if (this.#over) return;
    this.#over = true;
    const peer = this.#peer;
    if (peer) setImmediate(() => peer.lose(`the peer ended the link: ${why}`));
  }

  /** The other end is gone, or never was. */
  lose(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink?.closed(why);
  }

  /** Not re-entrant: what arrives while a batch is being handled waits for its end. */
  #deliver(): void {
    if (this.#delivering || !this.#sink) return;
    this.#delivering = true;
    try {
      for (let batch = this.#inbox.shift(); batch; batch = this.#inbox.shift()) {
        if (!this.#over) this.#sink.message(batch);
      }
    } finally {
      this.#delivering = false;
    }
  }
}
