import type { Link, LinkHandler } from "../lib/link/link.js";
import type { Logger } from "../lib/log.js";
import { WireReader } from "../lib/wire/reader.js";
import { writeGatewayLink } from "./command-writer.js";
import type { Counters } from "./counters.js";
import { Events } from "./events.js";
import type { Gateways } from "./gateways.js";
import type { JsonCodec } from "./json.js";
import type { Peer } from "./peer.js";
import { writeClose, writeRosterWanted } from "./push-writer.js";

/** Field numbers of EventFrame's arms and of what they hold. */
const FRAME = { event: 2, close: 3 } as const;
const GATEWAY_CLOSE = { gateway: 1, close: 2 } as const;
const CLOSE = { connection: 1, code: 2, reason: 3 } as const;

export interface SessionHandlerDeps {
  readonly peer: Peer;
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
  readonly #events: Events;
  /** Gateways that events of this batch named and that are not here. */
  readonly #strays = new Set<string>();

  constructor(deps: SessionHandlerDeps) {
    this.#deps = deps;
    this.#events = new Events(deps, (gateway) => this.#strays.add(gateway));
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
    if (kind === FRAME.event) this.#events.pass(body);
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
