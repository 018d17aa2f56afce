import { SessionsService } from "../gen/chat/session/v1/session.js";
import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network } from "../lib/rpc/network.js";
import { RingClients } from "../lib/rpc/ring-clients.js";
import type { Owners } from "./orders.js";

const DEADLINE_MS = 3_000;

/** The session instances, found as the parsers find them. */
export function createOwners(
  network: Pick<Network, "client">,
  sessions: readonly Instance[],
): Owners & { close(): void } {
  const options = { service: SessionsService, deadlineMs: DEADLINE_MS };
  const clients = new RingClients(network, sessions, options);
  return {
    setBlock: (request) =>
      clients.ownerOfShard(shardOf(request.conversation, limits.shards)).setBlock(request),
    async setReadReceipts(request) {
      const calls = [...clients.all].map((client) => client.setReadReceipts(request));
      const versions = (await Promise.all(calls)).map(({ version }) => version);
      return { version: Math.max(...versions) };
    },
    close: () => clients.close(),
  };
}
