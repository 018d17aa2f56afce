import { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Link, LinkHandler, PriorityClass } from "../lib/link/link.js";
import type { Logger } from "../lib/log.js";
import { LastAscii } from "../lib/wire/last-ascii.js";
import { WireReader } from "../lib/wire/reader.js";
import { serverClasses } from "./answers.js";
import { writeGatewayLink } from "./command-writer.js";
import type { Counters } from "./counters.js";
import type { Gateways } from "./gateways.js";
import type { JsonCodec } from "./json.js";
import { passPush, writeClose, writeRosterWanted } from "./push-writer.js";
import type { SessionPeer } from "./sessions.js";
import { Slice } from "./slice.js";

/** Field numbers of EventFrame's arms and of what they hold. */
const FRAME = { event: 2, close: 3 } as const;
const EVENT = { targets: 1, frame: 2 } as const;
const TARGET = { gateway: 1, codec: 2, connections: 3 } as const;
const GATEWAY_CLOSE = { gateway: 1, close: 2 } as const;
const CLOSE = { connection: 1, code: 2, reason: 3 } as const;

export interface SessionHandlerDeps {
  readonly peer: SessionPeer;
  /** Whether there are others: then the names decide who owns what. */
  readonly several: boolean;
  readonly gateways: Gateways;
  readonly json: JsonCodec;
  readonly counters: Counters;
  readonly log: Logger;
}

/**
 * This parser's end of its link to one session instance: events go out to the gateways they name.
 */
export class SessionHandler implements LinkHandler {
  readonly #deps: SessionHandlerDeps;
  readonly #inner = new WireReader();
  readonly #target = {
    gateway: "",
    codec: Codec.UNSPECIFIED,
    connections: new Slice(),
  };
  /** Connections of the target being read; only looked at by the check that they are numbers. */
  readonly #checked: number[] = [];
  /** One event after the other goes to the same. */
  readonly #gateway = new LastAscii();
  readonly #proto = new Slice();
  readonly #sealed = new Slice();
  /** Gateways that events of this batch named and that are not here. */
  readonly #strays = new Set<string>();

  constructor(deps: SessionHandlerDeps) {
    this.#deps = deps;
  }

  up(link: Link): void {
    const { peer, gateways, log } = this.#deps;
    log.info({ session: link.peer.instance, boot: link.peer.boot }, "session up");
    if (link.peer.instance !== peer.name && this.#deps.several) {
      log.warn(
        { expected: peer.name, found: link.peer.instance },
        "session: the instance at this address has another name than the config says",
      );
    }
    peer.link = link;
    for (const gateway of gateways.ids()) writeGatewayLink(link, gateway, true);
    for (const gateway of gateways.links()) writeRosterWanted(gateway);
  }

  down(link: Link, why: string): void {
    const { peer, log } = this.#deps;
    log.info({ session: link.peer.instance, why }, "session down");
    if (peer.link === link) peer.link = undefined;
  }

  frame(_link: Link, kind: number, body: WireReader): void {
    if (kind === FRAME.event) this.#event(body);
    else if (kind === FRAME.close) this.#close(body);
  }

  /**
   * A session that pushes to a gateway that is not here missed its end: it is told once per batch.
   */
  batchEnd(link: Link): void {
    if (this.#strays.size === 0) return;
    for (const gateway of this.#strays) writeGatewayLink(link, gateway, false);
    this.#strays.clear();
  }

  #event(body: WireReader): void {
    const from = body.pos;
    const proto = this.#proto.set(body.buf, 0, 0);
    while (body.next()) {
      if (body.field !== EVENT.frame) continue;
      body.expectMessage();
      proto.set(body.buf, body.start, body.stop);
    }
    if (proto.length === 0) return;
    const inner = this.#inner.reset(proto.buf, proto.start, proto.stop);
    const cls: PriorityClass = inner.next() ? (serverClasses[inner.field] ?? 1) : 1;
    this.#sealed.set(proto.buf, 0, 0);
    body.pos = from;
    while (body.next()) {
      if (body.field === EVENT.targets) this.#push(body, cls);
    }
  }

  #push(body: WireReader, cls: PriorityClass): void {
    const { counters, gateways } = this.#deps;
    const { gateway, connections, codec } = this.#readTarget(body);
    const link = gateways.get(gateway);
    if (link === undefined) {
      counters.strays++;
      this.#strays.add(gateway);
      return;
    }
    const data = codec === Codec.JSON ? this.#json() : this.#proto;
    if (data === undefined || !passPush(link, cls, connections, codec, data)) counters.shed++;
  }

  #readTarget(body: WireReader) {
    const target = this.#target;
    target.gateway = "";
    target.codec = Codec.UNSPECIFIED;
    target.connections.set(body.buf, 0, 0);
    const inner = this.#inner.enter(body);
    while (inner.next()) {
      if (inner.field === TARGET.gateway) target.gateway = this.#gateway.read(inner);
      else if (inner.field === TARGET.codec) target.codec = inner.uint();
      else if (inner.field === TARGET.connections) {
        inner.expectMessage();
        // They are passed on as they are, so they must be what the gateway can read.
        inner.packedFrom(this.#checked, 0);
        target.connections.set(inner.buf, inner.start, inner.stop);
      }
    }
    return target;
  }

  /** The frame of this event as JSON, sealed when the first target asks for it. */
  #json(): Slice | undefined {
    if (this.#sealed.length > 0) return this.#sealed;
    try {
      return this.#sealed.set(this.#deps.json.toJson(this.#proto));
    } catch (error) {
      const { counters, log } = this.#deps;
      if (counters.bugs++ === 0) log.error({ err: error }, "event: cannot be sealed as JSON");
      return undefined;
    }
  }

  #close(body: WireReader): void {
    let gateway = "";
    let connection = 0;
    let code = 0;
    let reason = "";
    while (body.next()) {
      if (body.field === GATEWAY_CLOSE.gateway) gateway = body.ascii();
      if (body.field !== GATEWAY_CLOSE.close) continue;
      const close = this.#inner.enter(body);
      while (close.next()) {
        if (close.field === CLOSE.connection) connection = close.uint();
        else if (close.field === CLOSE.code) code = close.uint();
        else if (close.field === CLOSE.reason) reason = close.string();
      }
    }
    const link = this.#deps.gateways.get(gateway);
    if (link !== undefined) writeClose(link, connection, code, reason);
    else this.#deps.counters.strays++;
  }
}
