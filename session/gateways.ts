import type { Clock } from "../lib/clock.js";
import type { Link } from "../lib/link/link.js";
import type { Gateway } from "./home-user.js";

/** The gateways of the mesh as they are seen through the parser links. */
export class Gateways {
  readonly all = new Map<string, Gateway>();

  constructor(readonly clock: Clock) {}

  /** The gateway of this boot id; one that no link leads to is reached over the link that names it. */
  get(id: string, link: Link): Gateway {
    let gateway = this.all.get(id);
    if (gateway === undefined) {
      gateway = {
        id,
        link,
        connections: new Map(),
        heardMs: this.clock.nowMs(),
        planned: { proto: [], json: [] },
      };
      this.all.set(id, gateway);
    }
    gateway.link ??= link;
    return gateway;
  }

  /**
   * A parser says that it reaches the gateway, anew or again, or does not any more. Either way what went over this parser
   * before may be lost. While another parser leads to the gateway, nothing changes.
   */
  linked(id: string, link: Link, up: boolean): void {
    const gateway = this.get(id, link);
    if (gateway.link?.peer.instance !== link.peer.instance) return;
    unlink(gateway);
    if (up) gateway.link = link;
  }

  /** A parser link died, and with it what was on its way to the gateways behind it. */
  parserDown(link: Link): void {
    for (const gateway of this.all.values()) if (gateway.link === link) unlink(gateway);
  }
}

function unlink(gateway: Gateway): void {
  gateway.link = undefined;
  for (const connection of gateway.connections.values()) connection.doubted = true;
}
