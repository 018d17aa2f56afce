import { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Clock } from "../lib/clock.js";
import type { Link } from "../lib/link/link.js";
import { WireError, type WireReader } from "../lib/wire/reader.js";
import type { Connection } from "./connection.js";
import type { Connections } from "./connections.js";
import type { Counters } from "./counters.js";
import { writeAttach, writeNotHere, writeStalled } from "./uplink.js";

/** What `send` of a socket says. */
const BUFFERED = 0;
const DROPPED = 2;
const PENDING_KEPT = 16;

interface Deps {
  readonly connections: Connections;
  readonly counters: Counters;
  readonly clock: Clock;
  /** Unsent bytes of a connection, unless a single message is longer: what would go beyond is dropped, and it is stalled. */
  readonly bufferBytes: number;
  readonly stuckMs: number;
  /** Runs at the end of this iteration of the event loop. */
  readonly later: (run: () => void) => void;
}

/**
 * Pushes on their way out. They are collected per connection and leave with one cork per connection and event-loop
 * iteration; each is a view of the batch it came in. A connection that does not read is stalled: a gate of our own
 * closes, so that nothing is sent behind a dropped message, until the buffer has drained and it is attached again.
 */
export class Outbound {
  readonly #deps: Deps;
  readonly #ids: number[] = [];
  #notHere: number[] = [];
  #dirty: Connection[] = [];
  #scheduled = false;
  #current: Connection | undefined;
  readonly #flush = () => this.flush();
  readonly #sendCurrent = () => this.#current && this.#send(this.#current);

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Takes one Push. */
  push(body: WireReader): void {
    const ids = this.#ids;
    let count = 0;
    let data: Buffer | undefined;
    let codec = 0;
    while (body.next()) {
      if (body.field === 1) count = body.packedFrom(ids, count);
      else if (body.field === 2) data = body.view();
      else if (body.field === 3) codec = body.uint();
    }
    if (codec !== Codec.PROTO && codec !== Codec.JSON) throw new WireError("Push without codec");
    if (!data) return;
    for (let i = 0; i < count; i++) this.#queue(ids[i] as number, data, codec);
  }

  /** All pushes of a received batch are there. */
  batchEnd(link: Link): void {
    if (this.#notHere.length > 0) {
      this.#deps.counters.notHere += this.#notHere.length;
      writeNotHere(link, [...new Set(this.#notHere)]);
      this.#notHere = [];
    }
  }

  flush(): void {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (let i = 0; i < dirty.length; i++) this.flushOne(dirty[i] as Connection);
  }

  /** Sends what is pending for one connection now. */
  flushOne(connection: Connection): void {
    const { socket } = connection;
    const corked = connection.pendingCount > 1 && connection.open;
    if (corked) {
      this.#current = connection;
      socket.cork(this.#sendCurrent);
      this.#current = undefined;
    } else if (connection.pendingCount > 0) {
      this.#send(connection);
    }
    connection.pendingBytes = 0;
    if (!connection.open || connection.stalled) return;
    // What a cork could not write is known only behind it.
    if (corked) connection.behind = socket.getBufferedAmount() > 0;
    if (connection.behind && socket.getBufferedAmount() > this.#deps.bufferBytes) {
      this.#stall(connection);
    }
  }

  /** The transport took something: below the low-water mark the connection is attached again. */
  drained(connection: Connection): void {
    if (!connection.open) return;
    const buffered = connection.socket.getBufferedAmount();
    connection.behind = buffered > 0;
    if (!connection.stalled) return;
    this.#progress(connection, buffered);
    if (buffered > this.#deps.bufferBytes / 4) return;
    connection.stalled = false;
    connection.readsAgainMs = this.#deps.clock.nowMs();
    writeAttach(connection.link, connection);
  }

  /** Whether it is stalled and has taken nothing for too long. */
  isStuck(connection: Connection, nowMs: number): boolean {
    if (!connection.stalled) return false;
    this.#progress(connection, connection.socket.getBufferedAmount());
    return nowMs - connection.progressMs >= this.#deps.stuckMs;
  }

  #queue(id: number, data: Buffer, codec: number): void {
    const connection = this.#deps.connections.get(id);
    if (!connection) {
      this.#notHere.push(id);
      return;
    }
    if (connection.stalled || codec !== connection.ticket.codec) {
      this.#deps.counters.pushesDropped++;
      return;
    }
    connection.pending[connection.pendingCount++] = data;
    if (connection.pendingCount === 1) this.#dirty.push(connection);
    connection.pendingBytes += data.length;
    if (connection.pendingBytes > this.#deps.bufferBytes) this.flushOne(connection);
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#deps.later(this.#flush);
    }
  }

  #send(connection: Connection): void {
    const { counters } = this.#deps;
    const { pending, pendingCount: count, socket } = connection;
    const isBinary = connection.ticket.codec === Codec.PROTO;
    connection.pendingCount = 0;
    let corkedBytes = 0;
    for (let i = 0; i < count; i++) {
      const data = pending[i] as Buffer;
      pending[i] = undefined;
      if (!connection.open || connection.stalled) {
        counters.pushesDropped++;
        continue;
      }
      const outcome = this.#hasRoom(connection, corkedBytes + data.length)
        ? socket.send(data, isBinary)
        : DROPPED;
      if (outcome === DROPPED) {
        counters.pushesDropped++;
        this.#stall(connection);
      } else {
        if (outcome === BUFFERED) connection.behind = true;
        corkedBytes = outcome === BUFFERED ? 0 : corkedBytes + data.length;
        counters.pushesOut++;
        counters.bytesOut += data.length;
      }
    }
    // Not for long: a socket that once had many waiting would keep the room for them.
    if (pending.length > PENDING_KEPT) connection.pending = [undefined];
  }

  /** Whether it has kept up so far, or so much more stays within its bound. */
  #hasRoom(connection: Connection, bytes: number): boolean {
    if (!connection.behind) return true;
    const buffered = connection.socket.getBufferedAmount();
    return buffered === 0 || buffered + bytes <= this.#deps.bufferBytes;
  }

  #stall(connection: Connection): void {
    connection.stalled = true;
    connection.bufferLow = connection.socket.getBufferedAmount();
    connection.progressMs = this.#deps.clock.nowMs();
    this.#deps.counters.stalls++;
    writeStalled(connection.link, connection);
  }

  #progress(connection: Connection, buffered: number): void {
    if (buffered >= connection.bufferLow) return;
    connection.bufferLow = buffered;
    connection.progressMs = this.#deps.clock.nowMs();
  }
}
