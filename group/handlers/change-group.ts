import type { ChangeGroupRequest, ChangeGroupResponse } from "../../gen/chat/group/v1/group.js";
import { readWish } from "../fields.js";
import type { GroupDeps } from "../service.js";

export function changeGroup({ groups }: Pick<GroupDeps, "groups">) {
  return async (request: ChangeGroupRequest): Promise<ChangeGroupResponse> => {
    return { outcome: await groups.change(readWish(request)) };
  };
}
