import type {
  WatchAudiencesRequest,
  WatchAudiencesResponse,
} from "../../gen/chat/auth/v1/privacy.js";
import type { CallContext } from "../../lib/rpc/network.js";
import type { PrivacyDeps } from "../privacy-service.js";

export function watchAudiences({ audiences }: Pick<PrivacyDeps, "audiences">) {
  return async function* (
    _request: WatchAudiencesRequest,
    { signal }: CallContext,
  ): AsyncGenerator<WatchAudiencesResponse> {
    for await (const { rules, complete } of audiences.watch(signal)) {
      yield { rules: [...rules], complete };
    }
  };
}
