import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import type { Link } from "../lib/link/link.js";
import { Ring } from "../lib/ring.js";

/** One session instance as this parser sees it; `link` is undefined while there is none. */
export interface SessionPeer {
  readonly name: string;
  readonly address: string;
  link: Link | undefined;
}

/**
 * Which session instance is responsible: the owner of a conversation's shard, the home of a user.
 */
export class Sessions {
  readonly all: readonly SessionPeer[];
  readonly #ring: Ring;
  readonly #byName: ReadonlyMap<string, SessionPeer>;
  readonly #byShard: readonly SessionPeer[];
  /** The one there is, when there is only one. */
  readonly only: SessionPeer | undefined;

  constructor(instances: readonly { readonly name: string; readonly address: string }[]) {
    this.all = instances.map(({ name, address }) => ({ name, address, link: undefined }));
    this.#byName = new Map(this.all.map((peer) => [peer.name, peer]));
    this.#ring = new Ring(instances.map(({ name }) => name));
    this.#byShard = Array.from({ length: limits.shards }, (_, shard) =>
      this.#named(this.#ring.ownerOfShard(shard)),
    );
    this.only = this.all.length === 1 ? this.all[0] : undefined;
  }

  ownerOf(conversation: string): SessionPeer {
    return this.only ?? (this.#byShard[shardOf(conversation, limits.shards)] as SessionPeer);
  }

  homeOf(user: string): SessionPeer {
    return this.only ?? this.#named(this.#ring.ownerOf(user));
  }

  #named(name: string | undefined): SessionPeer {
    const peer = this.#byName.get(name ?? "");
    if (!peer) throw new Error("the parser needs at least one session instance");
    return peer;
  }
}
