import { SessionsService } from "../gen/chat/session/v1/session.js";
import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network, RpcClient } from "../lib/rpc/network.js";
import { RingClients } from "../lib/rpc/ring-clients.js";

export type Owner = Pick<RpcClient<typeof SessionsService>, "proposeChange" | "getMembership">;

/** Finds the session instance that owns a group's conversation: by the same ring as the parsers. */
export interface Owners {
  of(group: string): Owner;
  close(): void;
}

const DEADLINE_MS = 3_000;

export function createOwners(network: Network, sessions: readonly Instance[]): Owners {
  const options = { service: SessionsService, deadlineMs: DEADLINE_MS };
  const clients = new RingClients(network, sessions, options);
  return {
    of: (group) => clients.ownerOfShard(shardOf(group, limits.shards)),
    close: () => clients.close(),
  };
}
