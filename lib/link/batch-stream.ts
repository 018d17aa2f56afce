/**
 * How a stream ends: `done` after all that was written; `broken` at once, what is under way is
 * lost; `invalid` as `broken`, and the peer is told that it broke the rules.
 */
export type StreamEnd = "done" | "broken" | "invalid";

/** What a link needs of a transport: a bidirectional stream of batches, in order. */
export interface BatchStream {
  /** Starts the stream; nothing is called on `sink` before. */
  open(sink: BatchSink): void;
  /**
   * Hands a batch over; its bytes must not change any more. False: wait for `drained` before the
   * next.
   */
  write(batch: Buffer): boolean;
  /** Ends the stream. Harmless when it has ended already. */
  close(how: StreamEnd, why: string): void;
}

/**
 * What a transport tells a link, never from within a call of `write`, except `message` of another
 * link.
 */
export interface BatchSink {
  /** A batch arrived. Its bytes never change. */
  message(batch: Buffer): void;
  /** The transport takes batches again. */
  drained(): void;
  /**
   * The stream is over because the peer or the transport ended it; after `close` it may come or
   * not.
   */
  closed(why: string): void;
}
