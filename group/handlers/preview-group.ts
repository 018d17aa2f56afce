import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { PreviewGroupRequest, PreviewGroupResponse } from "../../gen/chat/group/v1/group.js";
import { RpcError } from "../../lib/errors.js";
import { groupId, secretOf, userId } from "../fields.js";
import { linkIsGood } from "../group.js";
import type { GroupDeps } from "../service.js";

export function previewGroup({ groups, clock }: Pick<GroupDeps, "groups" | "clock">) {
  return async (request: PreviewGroupRequest): Promise<PreviewGroupResponse> => {
    userId(request.user, "user");
    const secret = secretOf(request.secret);
    const group = await groups.read(groupId(request.group));
    const { state, members, version } = group;
    // A link that has ended looks like one that never was.
    if (state.link?.secret !== secret || !linkIsGood(group, clock.wallMs()) || !members.length) {
      throw new RpcError(ErrorReason.NOT_FOUND, "this link leads nowhere, or not any more");
    }
    return { name: state.name, members: members.length, version };
  };
}
