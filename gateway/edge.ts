import { CloseCode } from "../gen/chat/client/v1/frames.js";
import type { Clock } from "../lib/clock.js";
import type { Link, LinkHandler } from "../lib/link/link.js";
import { WireError, type WireReader } from "../lib/wire/reader.js";
import { Bucket } from "./bucket.js";
import type { GatewayConfig } from "./config.js";
import { Connection } from "./connection.js";
import { Connections } from "./connections.js";
import { Counters } from "./counters.js";
import { type EndConnection, Inbound } from "./inbound.js";
import { Outbound } from "./outbound.js";
import { ParserLinks } from "./parser-links.js";
import { Roster } from "./roster.js";
import type { Socket } from "./sockets.js";
import { startSweep } from "./sweep.js";
import type { Seat } from "./upgrades.js";
import { writeAttach, writeDetach } from "./uplink.js";

/** Field numbers of the arms of ParserFrame. */
const PARSER_ARM = { push: 2, close: 3, rosterWanted: 4 } as const;
const REASON_BYTES_MAX = 100;

export interface EdgeDeps {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  /** From 0 to below 1, for jitter. */
  readonly random: () => number;
  /** Runs at the end of this iteration of the event loop, or in a later one. */
  readonly later: (run: () => void) => void;
}

/** Connections on one side, parser links on the other. Never looks inside a frame. */
export class Edge implements LinkHandler {
  readonly counters = new Counters();
  readonly connections = new Connections();
  readonly links = new ParserLinks(this.connections);
  readonly roster: Roster;
  readonly #deps: EdgeDeps;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #sweep: { cancel(): void };

  constructor(deps: EdgeDeps) {
    const { config, clock, random, later } = deps;
    const { connections, counters, end } = this;
    this.#deps = deps;
    this.#inbound = new Inbound({ ...config, clock, counters, random, end });
    this.#outbound = new Outbound({ ...config, connections, counters, clock, later });
    this.roster = new Roster({
      connections,
      counters,
      clock,
      random,
      later,
      rosterMs: config.rosterMs,
      anyLink: () => this.links.any,
    });
    this.#sweep = startSweep({ connections, outbound: this.#outbound, clock, end });
  }

  open(seat: Seat, socket: Socket): void {
    const { config, clock, random } = this.#deps;
    const nowMs = clock.nowMs();
    const connection = new Connection(
      {
        id: this.connections.issued + 1,
        ticket: seat.ticket,
        endsMs: nowMs + config.lifetimeMs * (0.9 + 0.1 * random()),
        frames: new Bucket(config.frames, nowMs),
        bytes: new Bucket(config.bytes, nowMs),
      },
      socket,
    );
    seat.connection = connection;
    this.connections.add(connection);
    this.links.pin(connection);
    writeAttach(connection.link, connection);
  }

  message(seat: Seat, data: Uint8Array, isBinary: boolean): void {
    if (seat.connection) this.#inbound.message(seat.connection, data, isBinary);
  }

  drained(seat: Seat): void {
    if (seat.connection) this.#outbound.drained(seat.connection);
  }

  closed(seat: Seat): void {
    const { connection } = seat;
    if (!connection?.open) return;
    connection.open = false;
    connection.pending = [undefined];
    connection.pendingCount = 0;
    this.counters.closed++;
    this.connections.remove(connection);
    writeDetach(connection.link, connection);
    this.links.unpin(connection);
  }

  /** Ends a connection, behind what is already on its way to it. */
  readonly end: EndConnection = (connection, code, why) => {
    if (!connection.open) return;
    this.#outbound.flushOne(connection);
    const reason = typeof why === "string" ? why : `retry-after-ms=${why.retryAfterMs}`;
    if (connection.open) connection.socket.end(code, reason);
  };

  /** Ends the connections of a revoked device. */
  revoked(user: string, device: string): void {
    for (const connection of this.connections.ofUser(user)) {
      if (connection.ticket.device !== device) continue;
      this.end(connection, CloseCode.REVOKED, "the device was revoked");
    }
  }

  up(link: Link): void {
    this.links.up(link);
    this.roster.want(link);
  }

  down(link: Link): void {
    this.links.down(link);
    this.roster.want(this.links.any);
  }

  draining(link: Link): void {
    this.links.draining(link);
    if (this.links.any !== link) this.roster.want(this.links.any);
  }

  frame(link: Link, kind: number, body: WireReader): void {
    if (kind === PARSER_ARM.push) this.#outbound.push(body);
    else if (kind === PARSER_ARM.close) this.#close(body);
    else if (kind === PARSER_ARM.rosterWanted) {
      this.links.asked(link);
      this.roster.want(link);
    }
  }

  batchEnd(link: Link): void {
    this.#outbound.batchEnd(link);
  }

  stop(): void {
    this.#sweep.cancel();
    this.roster.stop();
  }

  #close(body: WireReader): void {
    let id = 0;
    let code = 0;
    let reason = "";
    while (body.next()) {
      if (body.field === 1) id = body.uint();
      else if (body.field === 2) code = body.uint();
      else if (body.field === 3) reason = body.string();
    }
    if (code < 4000 || code > 4999) throw new WireError(`Close with code ${code}`);
    const connection = this.connections.get(id);
    if (connection) this.end(connection, code, cutTo(REASON_BYTES_MAX, reason));
  }
}

/** A close frame that is too long would not be sent at all. */
function cutTo(bytesMax: number, text: string): string {
  let cut = text;
  while (Buffer.byteLength(cut) > bytesMax) cut = cut.slice(0, -1);
  return cut;
}
