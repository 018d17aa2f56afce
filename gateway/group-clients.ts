import { GroupsService } from "../gen/chat/group/v1/group.js";
import { Ring } from "../lib/ring.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network, RpcClient } from "../lib/rpc/network.js";

const DEADLINE_MS = 10_000;

/** The instances of the group service: each request goes to the one that its group's id gives, so that one instance caches it. */
export class GroupClients {
  readonly #clients: ReadonlyMap<string, RpcClient<typeof GroupsService>>;
  readonly #ring: Ring;

  constructor(network: Pick<Network, "client">, instances: readonly Instance[]) {
    const clients = instances.map(({ name, address }) => {
      return [name, network.client(address, GroupsService, { deadlineMs: DEADLINE_MS })] as const;
    });
    this.#clients = new Map(clients);
    this.#ring = new Ring([...this.#clients.keys()]);
  }

  /** The instance for a request about a group, or else about what a user is in. */
  for({ group, user }: Readonly<Record<string, unknown>>): RpcClient<typeof GroupsService> {
    const key = typeof group === "string" && group !== "" ? group : String(user);
    const client = this.#clients.get(this.#ring.ownerOf(key) ?? "");
    if (client === undefined) throw new Error("the gateway needs at least one group instance");
    return client;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}
