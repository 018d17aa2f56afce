import { GroupAudience, GroupRole, type GroupSettings } from "../gen/chat/client/v1/groups.js";
import type { Group as GroupView } from "../gen/chat/group/v1/group.js";
import { GroupState } from "../gen/chat/group/v1/state.js";
import type { DoneChange, Membership } from "../gen/chat/session/v1/session.js";
import { limits } from "../lib/limits.js";
import type { Effects } from "./rules.js";

/** A group as its log has left it. Never changed: a change gives the next one. */
export interface Group {
  readonly group: string;
  /** 0: it does not exist. */
  readonly version: number;
  /** In the order in which they joined. */
  readonly members: readonly string[];
  readonly former: ReadonlySet<string>;
  readonly state: GroupState;
  readonly changes: readonly DoneChange[];
}

export const DEFAULT_SETTINGS: GroupSettings = {
  whoMaySend: GroupAudience.EVERYONE,
  whoMayAdd: GroupAudience.ADMINS,
};

export function groupOf(group: string, membership: Membership): Group {
  const { version, members, former, state, changes } = membership;
  return {
    group,
    version,
    members,
    former: new Set(former),
    state: GroupState.decode(state),
    changes,
  };
}

/** The group after a change that was appended. */
export function next(group: Group, effects: Effects, done: DoneChange): Group {
  const { add, remove, state } = effects;
  const came = new Set(add);
  const gone = [...group.former, ...remove].filter((user) => !came.has(user));
  const left = new Set(remove);
  return {
    group: group.group,
    version: done.version,
    members: [...group.members.filter((user) => !left.has(user)), ...add],
    former: new Set(gone.slice(-limits.formerMembersMax)),
    state,
    changes: [...group.changes, done].slice(-limits.groupChangesKept),
  };
}

/** The role of a user; UNSPECIFIED when he is not a member. */
export function roleOf({ members, state }: Group, user: string): GroupRole {
  return members.includes(user) ? roleIn(state, user) : GroupRole.UNSPECIFIED;
}

/** The role of a member. */
export function roleIn(
  { owner, admins }: { readonly owner: string; readonly admins: readonly string[] },
  member: string,
): GroupRole {
  if (owner === member) return GroupRole.OWNER;
  return admins.includes(member) ? GroupRole.ADMIN : GroupRole.MEMBER;
}

/** Whether somebody can join by the link set last. */
export function linkIsGood({ state }: Group, nowMs: number): boolean {
  const { link, linkRevoked } = state;
  if (link === undefined || linkRevoked) return false;
  return link.expiresUnixMs === 0 || link.expiresUnixMs > nowMs;
}

interface Surroundings {
  readonly nowMs: number;
  readonly membersMax: number;
  readonly names: ReadonlyMap<string, string>;
}

/** The group as this member sees it. */
export function viewOf(
  group: Group,
  user: string,
  { nowMs, membersMax, names }: Surroundings,
): GroupView {
  const { state, version, members } = group;
  const isAdmin = roleOf(group, user) >= GroupRole.ADMIN;
  return {
    group: group.group,
    version,
    name: state.name,
    description: state.description,
    settings: state.settings,
    members: members.map((member) => ({
      user: member,
      role: roleIn(state, member),
      name: names.get(member) ?? "",
    })),
    link: isAdmin && linkIsGood(group, nowMs) ? state.link : undefined,
    membersMax,
  };
}
