import type { AdoptGroupRequest, AdoptGroupResponse } from "../../gen/chat/group/v1/lists.js";
import { groupId } from "../fields.js";
import type { GroupDeps } from "../service.js";
import { requireName } from "./list-kept.js";

export function adoptGroup({ projections, name }: Pick<GroupDeps, "projections" | "name">) {
  return async (request: AdoptGroupRequest): Promise<AdoptGroupResponse> => {
    requireName(name, request.instance);
    await projections.adopt(groupId(request.group));
    return {};
  };
}
