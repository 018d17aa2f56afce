import type { Link, LinkHandler } from "../lib/link/link.js";
import type { WireReader } from "../lib/wire/reader.js";
import { Events, type EventsDeps } from "./events.js";
import type { Peer } from "./peer.js";

/** Arm of PresenceFrame. */
const EVENT = 2;

export interface PresenceHandlerDeps extends EventsDeps {
  readonly peer: Peer;
}

/**
 * This parser's end of its link to one presence instance. What is for a gateway that is not here is dropped: a watch that nobody
 * renews runs out.
 */
export class PresenceHandler implements LinkHandler {
  readonly #deps: PresenceHandlerDeps;
  readonly #events: Events;

  constructor(deps: PresenceHandlerDeps) {
    this.#deps = deps;
    this.#events = new Events(deps, () => {});
  }

  up(link: Link): void {
    const { peer, log } = this.#deps;
    log.info({ presence: link.peer.instance, boot: link.peer.boot }, "presence up");
    peer.link = link;
  }

  down(link: Link, why: string): void {
    const { peer, log } = this.#deps;
    log.info({ presence: link.peer.instance, why }, "presence down");
    if (peer.link === link) peer.link = undefined;
  }

  frame(_link: Link, kind: number, body: WireReader): void {
    if (kind === EVENT) this.#events.pass(body);
  }
}
