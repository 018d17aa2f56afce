import { Codec } from "../gen/chat/parser/v1/parser.js";
import { isUserId } from "../lib/ids.js";
import type { Link, LinkHandler } from "../lib/link/link.js";
import type { Logger } from "../lib/log.js";
import { WireError, type WireReader } from "../lib/wire/reader.js";
import { Encoded } from "../lib/wire/writer.js";
import type { Activity } from "./activity.js";
import type { Answers } from "./answers.js";
import type { ClientFrames } from "./client-frames.js";
import { COMMAND_FRAME, writeFromGateway, writeGatewayLink } from "./command-writer.js";
import type { Counters } from "./counters.js";
import type { Gateways } from "./gateways.js";
import { OriginView } from "./origin.js";
import { writeRosterWanted } from "./push-writer.js";
import { RosterSplit } from "./roster.js";
import type { Sessions } from "./sessions.js";
import { Slice } from "./slice.js";

/** Field numbers of the arms of GatewayFrame. */
const FRAME = {
  inbound: 2,
  attach: 3,
  detach: 4,
  rosterChunk: 5,
  stalled: 6,
  notHere: 7,
  drain: 8,
  acted: 9,
} as const;
/** Field of Command that names the gateway. */
const GATEWAY = 1;
const INBOUND = { origin: 1, data: 2, traceparent: 3 } as const;
/** Fields of Attach; Detach and Stalled have the first of them. */
const ORIGIN = 1;
const CONNECT = 2;
const NOT_HERE = { connections: 1 } as const;
const DRAIN = { connections: 1, codec: 2, delayMs: 3 } as const;

export interface GatewayHandlerDeps {
  readonly gateways: Gateways;
  readonly sessions: Sessions;
  readonly clients: ClientFrames;
  readonly activity: Activity;
  readonly answers: Answers;
  readonly counters: Counters;
  readonly log: Logger;
}

/**
 * The gateways' ends of their links: client bytes go to ClientFrames, news of connections to the
 * homes. What a client wrote never breaks a link; what the gateway itself wrote does, when it is
 * not Protobuf.
 */
export class GatewayHandler implements LinkHandler {
  readonly #deps: GatewayHandlerDeps;
  readonly #origin = new OriginView();
  readonly #data = new Slice();
  readonly #ids: number[] = [];
  readonly #envelope = {
    gateway: Encoded.ascii(GATEWAY, ""),
    origin: this.#origin,
    trace: new Slice(),
  };
  /** The gateway of `#envelope`. */
  #gateway = "";
  readonly #roster: RosterSplit;

  constructor(deps: GatewayHandlerDeps) {
    this.#deps = deps;
    this.#roster = new RosterSplit({ ...deps, origin: this.#origin });
  }

  up(link: Link): void {
    this.#deps.gateways.add(link);
    this.#deps.log.info({ gateway: link.peer.boot, instance: link.peer.instance }, "gateway up");
    this.#announce(link.peer.boot, true);
    if (this.#deps.sessions.all.some((peer) => peer.link?.alive)) writeRosterWanted(link);
  }

  down(link: Link, why: string): void {
    this.#deps.log.info(
      { gateway: link.peer.boot, instance: link.peer.instance, why },
      "gateway down",
    );
    if (this.#deps.gateways.remove(link)) this.#announce(link.peer.boot, false);
  }

  frame(link: Link, kind: number, body: WireReader): void {
    switch (kind) {
      case FRAME.inbound:
        this.#inbound(link, body);
        break;
      case FRAME.attach:
        this.#toHome(link, COMMAND_FRAME.attach, body);
        break;
      case FRAME.detach:
        this.#toHome(link, COMMAND_FRAME.detach, body);
        break;
      case FRAME.stalled:
        this.#toHome(link, COMMAND_FRAME.stalled, body);
        break;
      case FRAME.rosterChunk:
        this.#roster.forward(link.peer.boot, this.#data.set(body.buf, body.pos, body.end));
        break;
      case FRAME.notHere:
        this.#toAll(link, COMMAND_FRAME.notHere, body);
        break;
      case FRAME.drain:
        this.#drain(link, body);
        break;
      case FRAME.acted:
        this.#acted(body);
        break;
    }
  }

  #inbound(link: Link, body: WireReader): void {
    const { trace } = this.#envelope;
    const data = this.#data.set(body.buf, 0, 0);
    trace.set(body.buf, 0, 0);
    let known = false;
    while (body.next()) {
      if (body.field > INBOUND.traceparent) continue;
      body.expectMessage();
      if (body.field === INBOUND.origin) known = this.#origin.read(body.buf, body.start, body.stop);
      else if (body.field === INBOUND.data) data.set(body.buf, body.start, body.stop);
      else trace.set(body.buf, body.start, body.stop);
    }
    if (!known) {
      this.#deps.counters.forged++;
      return;
    }
    if (link.peer.boot !== this.#gateway) {
      this.#gateway = link.peer.boot;
      this.#envelope.gateway = Encoded.ascii(GATEWAY, this.#gateway);
    }
    this.#deps.clients.take(link, this.#envelope, data);
  }

  /** Passes news of one connection to the home of its user. */
  #toHome(link: Link, kind: number, body: WireReader): void {
    this.#data.set(body.buf, body.pos, body.end);
    let known = false;
    while (body.next()) {
      if (body.field === ORIGIN) {
        body.expectMessage();
        known = this.#origin.read(body.buf, body.start, body.stop);
      } else if (body.field === CONNECT) body.uint();
    }
    if (!known) {
      this.#deps.counters.forged++;
      return;
    }
    const home = this.#deps.sessions.homeOf(this.#origin.user);
    writeFromGateway(home.link, kind, link.peer.boot, this.#data);
  }

  /** A NotHere names connections without their users: every instance looks for them. */
  #toAll(link: Link, kind: number, body: WireReader): void {
    this.#data.set(body.buf, body.pos, body.end);
    this.#ids.length = 0;
    while (body.next()) if (body.field === NOT_HERE.connections) body.packed(this.#ids);
    for (const peer of this.#deps.sessions.all) {
      writeFromGateway(peer.link, kind, link.peer.boot, this.#data);
    }
  }

  #drain(link: Link, body: WireReader): void {
    const connections: number[] = [];
    let codec: Codec = Codec.UNSPECIFIED;
    let delayMs = 0;
    while (body.next()) {
      if (body.field === DRAIN.connections) body.packed(connections);
      else if (body.field === DRAIN.codec) codec = body.uint();
      else if (body.field === DRAIN.delayMs) delayMs = body.uint();
    }
    if (codec !== Codec.PROTO && codec !== Codec.JSON) throw new WireError("Drain without codec");
    this.#deps.answers.draining({ link, target: { connections, codec } }, delayMs);
  }

  #acted(body: WireReader): void {
    let user = "";
    while (body.next()) if (body.field === 1) user = body.ascii();
    if (isUserId(user)) this.#deps.activity.mark(user);
    else this.#deps.counters.forged++;
  }

  #announce(gateway: string, up: boolean): void {
    for (const peer of this.#deps.sessions.all) writeGatewayLink(peer.link, gateway, up);
  }
}
