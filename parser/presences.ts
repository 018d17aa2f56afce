import { Ring } from "../lib/ring.js";
import type { Peer } from "./peer.js";

/** Which presence instance is responsible for a user; none when the installation does without. */
export class Presences {
  readonly all: readonly Peer[];
  readonly #ring: Ring;
  readonly #byName: ReadonlyMap<string | undefined, Peer>;
  readonly #only: Peer | undefined;

  constructor(instances: readonly { readonly name: string; readonly address: string }[]) {
    this.all = instances.map(({ name, address }) => ({ name, address, link: undefined }));
    this.#byName = new Map(this.all.map((peer) => [peer.name, peer]));
    this.#ring = new Ring(instances.map(({ name }) => name));
    this.#only = this.all.length === 1 ? this.all[0] : undefined;
  }

  ownerOf(user: string): Peer | undefined {
    return this.#only ?? this.#byName.get(this.#ring.ownerOf(user));
  }
}
