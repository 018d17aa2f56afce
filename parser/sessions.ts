import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import { Ring } from "../lib/ring.js";
import type { Peer } from "./peer.js";

/**
 * Which session instance is responsible: the owner of a conversation's shard, the home of a user.
 */
export class Sessions {
  readonly all: readonly Peer[];
  readonly #ring: Ring;
  readonly #byName: ReadonlyMap<string, Peer>;
  readonly #byShard: readonly Peer[];
  /** The one there is, when there is only one. */
  readonly only: Peer | undefined;

  constructor(instances: readonly { readonly name: string; readonly address: string }[]) {
    this.all = instances.map(({ name, address }) => ({ name, address, link: undefined }));
    this.#byName = new Map(this.all.map((peer) => [peer.name, peer]));
    this.#ring = new Ring(instances.map(({ name }) => name));
    this.#byShard = Array.from({ length: limits.shards }, (_, shard) =>
      this.#named(this.#ring.ownerOfShard(shard)),
    );
    this.only = this.all.length === 1 ? this.all[0] : undefined;
  }

  ownerOf(conversation: string): Peer {
    return this.only ?? (this.#byShard[shardOf(conversation, limits.shards)] as Peer);
  }

  homeOf(user: string): Peer {
    return this.only ?? this.#named(this.#ring.ownerOf(user));
  }

  #named(name: string | undefined): Peer {
    const peer = this.#byName.get(name ?? "");
    if (!peer) throw new Error("the parser needs at least one session instance");
    return peer;
  }
}
