import type { WireReader } from "../wire/reader.js";
import type { WireWriter } from "../wire/writer.js";

/** Priority of a frame, as in chat.common.v1.Priority but counted from 0: 0 is P0, never shed. */
export type PriorityClass = 0 | 1 | 2 | 3 | 4;

/** The two directions of one link, read from the compiled contract (lib/contract.ts). */
export interface LinkContract {
  /** gRPC path, e.g. `/chat.parser.v1.Parsers/Link`. */
  readonly path: string;
  /** Class of each frame the dialling end writes, by the field number of its arm. */
  readonly up: readonly PriorityClass[];
  /** Class of each frame the accepting end writes. */
  readonly down: readonly PriorityClass[];
}

/** Who is at the other end. */
export interface Peer {
  /** Instance name: stable over restarts. */
  readonly instance: string;
  /** Boot id: another one means that all its state in memory is new. */
  readonly boot: string;
}

/**
 * One end of one stream: it is born when both Hellos have passed and dies with the stream; a
 * reconnect gives a new Link. Lossy: what was written and not yet handled at the other end is gone
 * when it dies.
 */
export interface Link {
  readonly peer: Peer;
  /** False once the stream has ended; writes are then refused. */
  readonly alive: boolean;
  /** Bytes written and not yet taken by the transport. */
  readonly queuedBytes: number;
  /** Whether a frame of this class would be taken now. */
  hasRoom(cls: PriorityClass): boolean;
  /**
   * Starts a frame: `kind` is the field number of its arm, `sizeHint` its expected length. Write
   * its fields in ascending order into the writer returned, then call `end()`. Undefined means
   * refused (the link is dead, or the frame's class has no room): shed it, or answer Busy. P0 is
   * refused only by a dead link. Frames leave together once per event-loop iteration.
   */
  begin(kind: number, sizeHint: number): WireWriter | undefined;
  /** Ends the frame begun last. */
  end(): void;
  /** Tells the other end that this link will end in `delayMs`. */
  drain(delayMs: number): void;
  /** Breaks the link now. */
  destroy(why: string): void;
}

/**
 * What an end does with a link. Called on the event loop, never re-entrantly from `begin` or `end`.
 */
export interface LinkHandler {
  /** The link is there; frames may be written. */
  up?(link: Link): void;
  /**
   * A frame arrived. `body` stands before the first field of the arm; it is reused for the next
   * frame, but `body.buf` is immutable and stays valid, so views of it may be kept. A WireError
   * thrown here breaks the link; any other error is logged and breaks it too.
   */
  frame(link: Link, kind: number, body: WireReader): void;
  /**
   * All frames of one received batch have been handled: the moment to act on what they add up to.
   */
  batchEnd?(link: Link): void;
  /** The link died. Called exactly once for each `up`. */
  down?(link: Link, why: string): void;
  /** The other end will close the link in `delayMs`. */
  draining?(link: Link, delayMs: number): void;
}

/** A link that is dialled again, with jittered back-off, whenever it breaks. */
export interface Dialer {
  /** The live link, if there is one. */
  readonly link: Link | undefined;
  close(): void;
}
