import type { AuthService } from "../gen/chat/auth/v1/auth.js";
import type { RpcClient } from "../lib/rpc/network.js";
import { answerJson, answerRefusal, refusalOf } from "./refusal.js";
import type { Exchange } from "./sockets.js";

/** Answers `GET /v1/auth/jwks`: the key set itself (RFC 7517). */
export function answerKeys(
  auth: Pick<RpcClient<typeof AuthService>, "getKeys">,
  exchange: Exchange,
  headers: Readonly<Record<string, string>>,
): void {
  auth.getKeys({}).then(
    ({ jwksJson }) => {
      const { status, headers: own } = answerJson(200, {}, headers);
      exchange.answer({ status, headers: own ?? {}, body: jwksJson });
    },
    (error: unknown) => exchange.answer(answerRefusal(refusalOf(error))),
  );
}
