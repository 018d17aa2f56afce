import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  SetReadReceiptsRequest,
  SetReadReceiptsResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import { isUserId } from "../../lib/ids.js";
import type { Logger } from "../../lib/log.js";
import type { ReadReceipts } from "../read-receipts.js";

/** Switches the read receipts of a user. */
export function setReadReceipts(receipts: Pick<ReadReceipts, "set">, log: Logger) {
  return async (request: SetReadReceiptsRequest): Promise<SetReadReceiptsResponse> => {
    if (!isUserId(request.user) || request.version < 1) {
      throw new RpcError(ErrorReason.INVALID, "a field of the switch breaks its rule");
    }
    return receipts.set(request).catch((error: unknown) => {
      log.warn({ err: error }, "read receipts could not be switched");
      throw new RpcError(ErrorReason.BUSY, "it cannot be stored now", 1_000);
    });
  };
}
