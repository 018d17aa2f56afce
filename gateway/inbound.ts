import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import { Encoded, type WireWriter } from "../lib/wire/writer.js";
import type { Rate } from "./bucket.js";
import type { Connection } from "./connection.js";
import type { Counters } from "./counters.js";
import { ARM } from "./uplink.js";

/** Field of Inbound with the connection's Origin. */
const ORIGIN = 1;

/** Frames of a connection after which its origin is kept encoded. */
const ENCODED_FROM = 5;

/** Bytes of an Inbound beside its data, at most. */
const ENVELOPE_BYTES = 80;

/** Ends a connection; with a delay for the client where there is one. */
export type EndConnection = (
  connection: Connection,
  code: CloseCode,
  why: string | { readonly retryAfterMs: number },
) => void;

interface Deps {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly frames: Rate;
  readonly bytes: Rate;
  readonly refusedMs: number;
  readonly random: () => number;
  readonly end: EndConnection;
}

/**
 * Client bytes on their way in: checked for size, type and rate, copied once into the outgoing batch, never looked
 * into. What cannot be passed on is dropped, as the contract allows: clients repeat. The WebSocket server cannot stop
 * reading one socket, so a connection whose frames find no room for some time is sent away for a while.
 */
export class Inbound {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  message(connection: Connection, data: Uint8Array, isBinary: boolean): void {
    const { counters, clock, frames, bytes, end } = this.#deps;
    if (!connection.open) return;
    if (isBinary !== (connection.ticket.codec === Codec.PROTO)) {
      counters.invalidFrames++;
      end(connection, CloseCode.INVALID_FRAME, "wrong type of message for the subprotocol");
      return;
    }
    if (data.length > limits.frameBytesMax) {
      counters.invalidFrames++;
      end(
        connection,
        CloseCode.FRAME_TOO_LARGE,
        `a frame is at most ${limits.frameBytesMax} bytes`,
      );
      return;
    }
    const nowMs = clock.nowMs();
    if (!connection.frames.take(1, frames, nowMs)) {
      this.#limit(connection, connection.frames.fullInMs(frames));
    } else if (!connection.bytes.take(data.length, bytes, nowMs)) {
      this.#limit(connection, connection.bytes.fullInMs(bytes));
    } else {
      this.#forward(connection, data, nowMs);
    }
  }

  #forward(connection: Connection, data: Uint8Array, nowMs: number): void {
    const { counters } = this.#deps;
    const { link } = connection;
    if (!link?.alive) {
      counters.unrouted++;
      return;
    }
    const writer = link.begin(ARM.inbound, data.length + ENVELOPE_BYTES);
    if (!writer) {
      this.#noRoom(connection, nowMs);
      return;
    }
    connection.refusedSinceMs = -1;
    if (connection.inboundOrigin !== undefined) writer.encoded(connection.inboundOrigin);
    else this.#writeOrigin(connection, writer);
    writer.bytes(2, data);
    link.end();
    counters.framesIn++;
    counters.bytesIn += data.length;
  }

  /** Most connections send a few frames and then nothing for long: only those of others are encoded once. */
  #writeOrigin(connection: Connection, writer: WireWriter): void {
    writer.bytes(ORIGIN, connection.origin);
    if (++connection.framesIn === ENCODED_FROM) {
      connection.inboundOrigin = Encoded.of((out) => out.bytes(ORIGIN, connection.origin));
    }
  }

  #noRoom(connection: Connection, nowMs: number): void {
    const { counters, refusedMs, random, end } = this.#deps;
    counters.noRoom++;
    if (connection.refusedSinceMs < 0) connection.refusedSinceMs = nowMs;
    if (nowMs - connection.refusedSinceMs < refusedMs) return;
    end(connection, CloseCode.OVERLOADED, { retryAfterMs: Math.round(1000 + random() * 4000) });
  }

  #limit(connection: Connection, retryAfterMs: number): void {
    this.#deps.counters.rateLimited++;
    this.#deps.end(connection, CloseCode.RATE_LIMITED, { retryAfterMs });
  }
}
