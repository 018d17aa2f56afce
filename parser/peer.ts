import type { Link } from "../lib/link/link.js";

/** One instance of a service behind this parser; `link` is undefined while there is none. */
export interface Peer {
  readonly name: string;
  readonly address: string;
  link: Link | undefined;
}
