import { GroupRole } from "../../gen/chat/client/v1/groups.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { GetGroupRequest, GetGroupResponse } from "../../gen/chat/group/v1/group.js";
import { RpcError } from "../../lib/errors.js";
import { groupId, userId } from "../fields.js";
import { roleOf, viewOf } from "../group.js";
import type { GroupDeps } from "../service.js";

export function getGroup({ groups, people, clock, membersMax }: GroupDeps) {
  return async (request: GetGroupRequest): Promise<GetGroupResponse> => {
    const user = userId(request.user, "user");
    const group = await groups.read(groupId(request.group));
    if (roleOf(group, user) === GroupRole.UNSPECIFIED) {
      throw new RpcError(ErrorReason.NOT_FOUND, "there is no such group, or you are not in it");
    }
    // The group is whole without the names.
    const names = await people.namesOf(group.members).catch(() => new Map<string, string>());
    return { group: viewOf(group, user, { nowMs: clock.wallMs(), membersMax, names }) };
  };
}
