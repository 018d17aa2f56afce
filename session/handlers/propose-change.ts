import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  ProposeChangeRequest,
  ProposeChangeResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import { isGroupId, isUserId, isUuid } from "../../lib/ids.js";
import { limits } from "../../lib/limits.js";
import type { Changes } from "../changes.js";

/** Appends a change of a group. What the group service got wrong is refused here before it can damage a log. */
export function proposeChange(changes: Pick<Changes, "propose">) {
  return async (request: ProposeChangeRequest): Promise<ProposeChangeResponse> => {
    const { conversation, user, requestId, change, expectedVersion, state } = request;
    const good =
      isGroupId(conversation) &&
      isUserId(user) &&
      isUuid(requestId) &&
      change?.version === expectedVersion + 1 &&
      [...request.add, ...request.remove, ...request.senders].every(isUserId) &&
      state.length <= limits.groupStateBytesMax;
    if (!good) throw new RpcError(ErrorReason.INVALID, "a field of the proposal breaks its rule");
    return changes.propose(request);
  };
}
