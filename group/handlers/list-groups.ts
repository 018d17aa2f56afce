import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { ListGroupsRequest, ListGroupsResponse } from "../../gen/chat/group/v1/group.js";
import { RpcError } from "../../lib/errors.js";
import { groupId, userId } from "../fields.js";
import type { GroupDeps } from "../service.js";

const LIMIT_MAX = 500;
const LIMIT_DEFAULT = 100;

export function listGroups({ lists }: Pick<GroupDeps, "lists">) {
  return async (request: ListGroupsRequest): Promise<ListGroupsResponse> => {
    const user = userId(request.user, "user");
    const after = request.after === "" ? "" : groupId(request.after);
    const limit = request.limit || LIMIT_DEFAULT;
    if (limit > LIMIT_MAX) throw new RpcError(ErrorReason.INVALID, "limit must be 1 to 500");
    const found = await lists.all({ user, after, limit: limit + 1 });
    const groups = found.slice(0, limit);
    return { groups, after: found.length > limit ? (groups.at(-1)?.group ?? "") : "" };
  };
}
