import { ListsService } from "../gen/chat/group/v1/lists.js";
import { Ring } from "../lib/ring.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network, RpcClient } from "../lib/rpc/network.js";

const DEADLINE_MS = 3_000;

/** Another instance of this service. */
export interface Peer {
  readonly name: string;
  readonly lists: Pick<RpcClient<typeof ListsService>, "listKept" | "adoptGroup">;
}

/** All instances of this service, and which of them keeps the rows of a group: by the ring of the gateways. */
export class Peers {
  readonly name: string;
  /** All but this one. */
  readonly others: readonly Peer[];
  readonly #ring: Ring;
  readonly #close: () => void;

  constructor(network: Pick<Network, "client">, name: string, instances: readonly Instance[]) {
    const others = instances.filter((instance) => instance.name !== name);
    const clients = others.map(({ address }) =>
      network.client(address, ListsService, { deadlineMs: DEADLINE_MS }),
    );
    this.name = name;
    this.others = others.map((other, i) => {
      return { name: other.name, lists: clients[i] as Peer["lists"] };
    });
    this.#ring = new Ring(instances.map((instance) => instance.name));
    this.#close = () => clients.forEach((client) => void client.close());
  }

  /** What tells this ring from another one. */
  get ring(): string {
    return this.#ring.instances.join(",");
  }

  /** Who keeps the rows of the group; undefined: this instance. */
  keeperOf(group: string): Peer | undefined {
    const keeper = this.#ring.ownerOf(group);
    return this.others.find(({ name }) => name === keeper);
  }

  close(): void {
    this.#close();
  }
}
