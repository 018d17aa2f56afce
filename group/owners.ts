import { SessionsService } from "../gen/chat/session/v1/session.js";
import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import { Ring } from "../lib/ring.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network, RpcClient } from "../lib/rpc/network.js";

export type Owner = Pick<RpcClient<typeof SessionsService>, "proposeChange" | "getMembership">;

/** Finds the session instance that owns a group's conversation: by the same ring as the parsers. */
export interface Owners {
  of(group: string): Owner;
  close(): void;
}

const DEADLINE_MS = 3_000;

export function createOwners(network: Network, sessions: readonly Instance[]): Owners {
  const clients = new Map(
    sessions.map(({ name, address }) => [
      name,
      network.client(address, SessionsService, { deadlineMs: DEADLINE_MS }),
    ]),
  );
  const ring = new Ring([...clients.keys()]);
  return {
    of(group) {
      const name = ring.ownerOfShard(shardOf(group, limits.shards)) ?? "";
      const client = clients.get(name);
      if (client === undefined) throw new Error("there is no session instance");
      return client;
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
