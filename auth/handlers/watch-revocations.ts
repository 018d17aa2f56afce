import type {
  WatchRevocationsRequest,
  WatchRevocationsResponse,
} from "../../gen/chat/auth/v1/auth.js";
import type { CallContext } from "../../lib/rpc/network.js";
import type { AuthDeps } from "../service.js";

export function watchRevocations({ feed }: Pick<AuthDeps, "feed">) {
  return async function* (
    _request: WatchRevocationsRequest,
    { signal }: CallContext,
  ): AsyncGenerator<WatchRevocationsResponse> {
    for await (const revocations of feed.watch(signal)) {
      yield {
        revocations: revocations.map(({ user, device, atMs }) => ({
          user,
          device,
          atUnixMs: atMs,
        })),
      };
    }
  };
}
