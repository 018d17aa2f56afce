import type { Link } from "../lib/link/link.js";

/**
 * The gateways with a link to this parser, by boot id. A newer link of the same gateway takes the
 * place of the older one.
 */
export class Gateways {
  readonly #links = new Map<string, Link>();

  add(link: Link): void {
    this.#links.set(link.peer.boot, link);
  }

  /** Forgets a dead link; false when a newer link of that gateway is there. */
  remove(link: Link): boolean {
    if (this.#links.get(link.peer.boot) !== link) return false;
    return this.#links.delete(link.peer.boot);
  }

  get(gateway: string): Link | undefined {
    return this.#links.get(gateway);
  }

  ids(): Iterable<string> {
    return this.#links.keys();
  }

  links(): Iterable<Link> {
    return this.#links.values();
  }
}
