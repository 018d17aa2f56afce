import { Ring } from "../ring.js";
import type { Instance } from "./instances.js";
import type { Definition, Network, RpcClient } from "./network.js";

/** A client for each instance of a service, found by what the instance owns. */
export class RingClients<D extends Definition> {
  readonly #clients: ReadonlyMap<string, RpcClient<D>>;
  readonly #ring: Ring;

  constructor(
    network: Pick<Network, "client">,
    instances: readonly Instance[],
    { service, deadlineMs }: { readonly service: D; readonly deadlineMs: number },
  ) {
    this.#clients = new Map(
      instances.map(({ name, address }) => [
        name,
        network.client(address, service, { deadlineMs }),
      ]),
    );
    this.#ring = new Ring([...this.#clients.keys()]);
  }

  ownerOf(key: string): RpcClient<D> {
    return this.#named(this.#ring.ownerOf(key));
  }

  get all(): Iterable<RpcClient<D>> {
    return this.#clients.values();
  }

  ownerOfShard(shard: number): RpcClient<D> {
    return this.#named(this.#ring.ownerOfShard(shard));
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  #named(name = ""): RpcClient<D> {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error("a ring needs at least one instance");
    return client;
  }
}
