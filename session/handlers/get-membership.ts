import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  GetMembershipRequest,
  GetMembershipResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import { isGroupId } from "../../lib/ids.js";
import type { Changes } from "../changes.js";

/** Who is in a group, as it is durable. */
export function getMembership(changes: Pick<Changes, "membership">) {
  return async (request: GetMembershipRequest): Promise<GetMembershipResponse> => {
    if (isGroupId(request.conversation)) return changes.membership(request);
    throw new RpcError(ErrorReason.INVALID, "conversation must be the id of a group");
  };
}
