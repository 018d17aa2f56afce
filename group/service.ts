import type { GroupsService } from "../gen/chat/group/v1/group.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import { createGuard } from "../lib/rpc/guard.js";
import type { Handlers } from "../lib/rpc/network.js";
import type { GroupEvents } from "./events.js";
import type { Groups } from "./groups.js";
import { changeGroup } from "./handlers/change-group.js";
import { getGroup } from "./handlers/get-group.js";
import { listGroups } from "./handlers/list-groups.js";
import { previewGroup } from "./handlers/preview-group.js";
import type { People } from "./people.js";
import type { GroupStore } from "./store.js";

/** All that the handlers stand on; each takes what it needs of it. */
export interface GroupDeps {
  readonly groups: Groups;
  readonly people: People;
  readonly store: Pick<GroupStore, "groupsOf">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: GroupEvents;
  readonly membersMax: number;
}

/** The RPCs. Opens nothing; whatever happens below, they fail with RpcError only. */
export function createGroupHandlers(deps: GroupDeps): Handlers<typeof GroupsService> {
  const guard = createGuard({ ...deps, keeps: "groups" });
  return {
    changeGroup: guard.unary("ChangeGroup", changeGroup(deps)),
    getGroup: guard.unary("GetGroup", getGroup(deps)),
    listGroups: guard.unary("ListGroups", listGroups(deps)),
    previewGroup: guard.unary("PreviewGroup", previewGroup(deps)),
  };
}
