import type { GroupsService } from "../gen/chat/group/v1/group.js";
import type { ListsService } from "../gen/chat/group/v1/lists.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import { createGuard } from "../lib/rpc/guard.js";
import type { Handlers } from "../lib/rpc/network.js";
import type { GroupEvents } from "./events.js";
import type { Groups } from "./groups.js";
import { adoptGroup } from "./handlers/adopt-group.js";
import { changeGroup } from "./handlers/change-group.js";
import { getGroup } from "./handlers/get-group.js";
import { listGroups } from "./handlers/list-groups.js";
import { listKept } from "./handlers/list-kept.js";
import { previewGroup } from "./handlers/preview-group.js";
import type { Lists } from "./lists.js";
import type { People } from "./people.js";
import type { Projections } from "./projections.js";

/** All that the handlers stand on; each takes what it needs of it. */
export interface GroupDeps {
  readonly groups: Groups;
  readonly people: People;
  readonly lists: Lists;
  readonly projections: Pick<Projections, "adopt">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: GroupEvents;
  readonly membersMax: number;
  /** Of this instance. */
  readonly name: string;
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

/** The RPCs between the instances. */
export function createListHandlers(deps: GroupDeps): Handlers<typeof ListsService> {
  const guard = createGuard({ ...deps, keeps: "groups" });
  return {
    listKept: guard.unary("ListKept", listKept(deps)),
    adoptGroup: guard.unary("AdoptGroup", adoptGroup(deps)),
  };
}
