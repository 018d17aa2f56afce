import { GroupsService } from "../gen/chat/group/v1/group.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network, RpcClient } from "../lib/rpc/network.js";
import { RingClients } from "../lib/rpc/ring-clients.js";

const DEADLINE_MS = 10_000;

/** The instances of the group service: each request goes to the one that its group's id gives, so that one instance caches it. */
export class GroupClients {
  readonly #clients: RingClients<typeof GroupsService>;

  constructor(network: Pick<Network, "client">, instances: readonly Instance[]) {
    const options = { service: GroupsService, deadlineMs: DEADLINE_MS };
    this.#clients = new RingClients(network, instances, options);
  }

  /** The instance for a request about a group, or else about what a user is in. */
  for({ group, user }: Readonly<Record<string, unknown>>): RpcClient<typeof GroupsService> {
    return this.#clients.ownerOf(typeof group === "string" && group !== "" ? group : String(user));
  }

  close(): void {
    this.#clients.close();
  }
}
