import type { Link } from "../lib/link/link.js";
import type { Connection } from "./connection.js";
import type { Connections } from "./connections.js";

/**
 * The live parser links, and which connection is pinned to which: all frames of a connection take one link, so they
 * stay in order. A connection moves only when its link ends or is about to.
 */
export class ParserLinks {
  readonly #connections: Connections;
  /** Connections pinned to each link that takes new ones. */
  readonly #counts = new Map<Link, number>();
  /** Links whose parser has asked for the roster: it reaches a session. */
  readonly #asked = new Set<Link>();
  /** Links about to end: used only while there is no other. */
  readonly #leaving = new Set<Link>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Whether a client's frame would come to a session: its parser has asked who is connected. */
  get reachSession(): boolean {
    for (const link of this.#asked) if (link.alive) return true;
    return false;
  }

  asked(link: Link): void {
    this.#asked.add(link);
  }

  get any(): Link | undefined {
    return this.#emptiest();
  }

  /** Pins a connection to the link with the fewest. */
  pin(connection: Connection): void {
    this.unpin(connection);
    const link = this.#emptiest();
    connection.link = link;
    if (link) this.#count(link, 1);
  }

  unpin(connection: Connection): void {
    if (connection.link) this.#count(connection.link, -1);
    connection.link = undefined;
  }

  up(link: Link): void {
    this.#counts.set(link, 0);
    for (const connection of this.#connections.values()) {
      if (!connection.link || this.#leaving.has(connection.link)) this.pin(connection);
    }
  }

  down(link: Link): void {
    this.#counts.delete(link);
    this.#leaving.delete(link);
    this.#asked.delete(link);
    this.#moveFrom(link);
  }

  draining(link: Link): void {
    if (!this.#counts.delete(link)) return;
    this.#leaving.add(link);
    if (this.#counts.size > 0) this.#moveFrom(link);
  }

  #moveFrom(link: Link): void {
    for (const connection of this.#connections.values()) {
      if (connection.link === link) this.pin(connection);
    }
  }

  #count(link: Link, by: number): void {
    const count = this.#counts.get(link);
    if (count !== undefined) this.#counts.set(link, count + by);
  }

  #emptiest(): Link | undefined {
    let best: Link | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [link, count] of this.#counts) {
      if (count >= least) continue;
      best = link;
      least = count;
    }
    if (best) return best;
    for (const link of this.#leaving) return link;
    return undefined;
  }
}
