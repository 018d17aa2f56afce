import { SessionsService } from "../gen/chat/session/v1/session.js";
import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network } from "../lib/rpc/network.js";
import { RingClients } from "../lib/rpc/ring-clients.js";
import type { SetBlock } from "./block-orders.js";

const DEADLINE_MS = 3_000;

/** The session instances, found as the parsers find them. */
export function createOwners(network: Pick<Network, "client">, sessions: readonly Instance[]) {
  const options = { service: SessionsService, deadlineMs: DEADLINE_MS };
  const clients = new RingClients(network, sessions, options);
  const setBlock: SetBlock = (request) =>
    clients.ownerOfShard(shardOf(request.conversation, limits.shards)).setBlock(request);
  return { setBlock, close: () => clients.close() };
}
