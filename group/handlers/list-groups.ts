import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  GroupSummary,
  ListGroupsRequest,
  ListGroupsResponse,
} from "../../gen/chat/group/v1/group.js";
import { RpcError } from "../../lib/errors.js";
import { groupId, userId } from "../fields.js";
import { roleIn } from "../group.js";
import type { GroupDeps } from "../service.js";
import type { GroupRow } from "../store.js";

const LIMIT_MAX = 500;
const LIMIT_DEFAULT = 100;

export function listGroups({ store }: Pick<GroupDeps, "store">) {
  return async (request: ListGroupsRequest): Promise<ListGroupsResponse> => {
    const user = userId(request.user, "user");
    const after = request.after === "" ? "" : groupId(request.after);
    const limit = request.limit || LIMIT_DEFAULT;
    if (limit > LIMIT_MAX) throw new RpcError(ErrorReason.INVALID, "limit must be 1 to 500");
    const rows = await store.groupsOf(user, after, limit + 1);
    const page = rows.slice(0, limit);
    return {
      groups: page.map((row) => summaryOf(row, user)),
      after: rows.length > limit ? (page.at(-1)?.group ?? "") : "",
    };
  };
}

function summaryOf(row: GroupRow, user: string): GroupSummary {
  const { group, name, members, version } = row;
  return { group, name, role: roleIn(row, user), members, version };
}
