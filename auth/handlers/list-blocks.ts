import type { ListBlocksRequest, ListBlocksResponse } from "../../gen/chat/auth/v1/privacy.js";
import { userId } from "../fields.js";
import type { PrivacyDeps } from "../privacy-service.js";
import type { Peer } from "../privacy-store.js";

/** Whom the caller blocks. */
export function listBlocks({ store, accounts }: Pick<PrivacyDeps, "store" | "accounts">) {
  return async (request: ListBlocksRequest): Promise<ListBlocksResponse> => {
    const peers = await store.listPeers("blocks", userId(request.user, "user"));
    return { blocked: await named(accounts, peers) };
  };
}

/** With their names. */
export function named(accounts: PrivacyDeps["accounts"], peers: readonly Peer[]) {
  return Promise.all(
    peers.map(async ({ user, atMs }) => {
      const account = await accounts.findAccount({ user });
      return { user, name: account?.name ?? "", atUnixMs: atMs };
    }),
  );
}
