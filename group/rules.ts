import {
  GroupAudience,
  type GroupChange,
  GroupRole,
  type GroupSettings,
} from "../gen/chat/client/v1/groups.js";
import { type ChangeGroupRequest, RefuseReason } from "../gen/chat/group/v1/group.js";
import type { GroupState } from "../gen/chat/group/v1/state.js";
import { DEFAULT_SETTINGS, type Group, linkIsGood, roleOf } from "./group.js";

/** The rules of groups: a state and what somebody wants to do give what changes, or why not. No I/O, no clock. */

export type Action = NonNullable<ChangeGroupRequest["action"]>;

/** Who wants it, when, and how many members there may be. */
export interface Circumstances {
  readonly user: string;
  readonly nowMs: number;
  readonly membersMax: number;
}

/** What changes. */
export interface Effects {
  readonly kind: NonNullable<GroupChange["kind"]>;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly state: GroupState;
}

export interface Refusal {
  readonly refused: RefuseReason;
  /** Whom the reason is about, when it is not the caller. */
  readonly about?: string;
}

export type Verdict = Effects | Refusal;

/** The role somebody needs at least. Who may add is a setting; to create and to join nobody needs one. */
const LEAST: Partial<Record<Action["$case"], GroupRole>> = {
  rename: GroupRole.ADMIN,
  describe: GroupRole.ADMIN,
  remove: GroupRole.ADMIN,
  leave: GroupRole.MEMBER,
  promote: GroupRole.ADMIN,
  demote: GroupRole.ADMIN,
  transfer: GroupRole.OWNER,
  settings: GroupRole.ADMIN,
  setLink: GroupRole.ADMIN,
  revokeLink: GroupRole.ADMIN,
};

export function decide(group: Group, action: Action, around: Circumstances): Verdict {
  if (action.$case === "create") return create(group, action.value, around);
  if (action.$case === "join") return join(group, action.value.secret, around);
  const { user } = around;
  const role = roleOf(group, user);
  if (role === GroupRole.UNSPECIFIED) return refuse(whyOutside(group, user));
  if (role < leastRole(group, action)) return refuse(RefuseReason.NOT_ALLOWED);
  return change(group, action, around, role);
}

function change(
  group: Group,
  action: Exclude<Action, { $case: "create" | "join" }>,
  around: Circumstances,
  role: GroupRole,
): Verdict {
  const { state } = group;
  const { user } = around;
  switch (action.$case) {
    case "rename": {
      const { name } = action.value;
      if (name === state.name) return refuse(RefuseReason.ALREADY);
      return effects({ $case: "renamed", value: { name } }, { ...state, name });
    }
    case "describe": {
      const { description } = action.value;
      if (description === state.description) return refuse(RefuseReason.ALREADY);
      return effects({ $case: "described", value: { description } }, { ...state, description });
    }
    case "add":
      return add(group, action.value.users, around);
    case "remove":
      return remove(group, action.value.users, role);
    case "leave":
      return leave(group, user);
    case "promote":
    case "demote":
      return changeRole(group, action, user);
    case "transfer":
      return transfer(group, action.value.user, user);
    case "settings": {
      const settings = settingsOver(state.settings, action.value.settings);
      return effects({ $case: "settings", value: settings }, { ...state, settings });
    }
    case "setLink": {
      const next = { ...state, link: action.value, linkRevoked: false };
      return effects({ $case: "linkChanged", value: { active: true } }, next);
    }
    case "revokeLink":
      if (!linkIsGood(group, around.nowMs)) return refuse(RefuseReason.ALREADY);
      return effects(
        { $case: "linkChanged", value: { active: false } },
        { ...state, linkRevoked: true },
      );
  }
}

/** What is not said stays: of two who change different settings at the same time, neither undoes what the other did. */
function settingsOver(before = DEFAULT_SETTINGS, named?: GroupSettings): GroupSettings {
  return {
    whoMaySend: named?.whoMaySend || before.whoMaySend,
    whoMayAdd: named?.whoMayAdd || before.whoMayAdd,
  };
}

type Creation = Extract<Action, { $case: "create" }>["value"];

function create(group: Group, value: Creation, { user, membersMax }: Circumstances): Verdict {
  if (group.version > 0) return refuse(RefuseReason.CONFLICT);
  const { name, description, members } = value;
  if (members.length + 1 > membersMax) return refuse(RefuseReason.FULL);
  const settings = settingsOver(DEFAULT_SETTINGS, value.settings);
  const kind = { name, description, settings, members };
  const state = { name, description, settings, owner: user, admins: [], linkRevoked: false };
  return effects(
    { $case: "created", value: kind },
    { ...state, link: undefined },
    { add: [user, ...members] },
  );
}

function join(group: Group, secret: string, { user, nowMs, membersMax }: Circumstances): Verdict {
  const { state, members } = group;
  if (group.version === 0 || state.link?.secret !== secret) {
    return refuse(RefuseReason.NOT_FOUND);
  }
  if (members.includes(user)) return refuse(RefuseReason.ALREADY);
  if (members.length === 0 || !linkIsGood(group, nowMs)) return refuse(RefuseReason.GONE);
  if (members.length + 1 > membersMax) return refuse(RefuseReason.FULL);
  const { name } = state;
  return effects({ $case: "joined", value: { name } }, state, { add: [user] });
}

function add(group: Group, named: readonly string[], { membersMax }: Circumstances): Verdict {
  const present = new Set(group.members);
  const users = named.filter((user) => !present.has(user));
  if (users.length === 0) return refuse(RefuseReason.ALREADY, named[0]);
  if (group.members.length + users.length > membersMax) return refuse(RefuseReason.FULL);
  const { name } = group.state;
  return effects({ $case: "added", value: { users, name } }, group.state, { add: users });
}

function remove(group: Group, users: readonly string[], role: GroupRole): Verdict {
  for (const user of users) {
    const his = roleOf(group, user);
    if (his === GroupRole.UNSPECIFIED) return refuse(RefuseReason.NO_SUCH_MEMBER, user);
    if (his >= role) return refuse(RefuseReason.NOT_ALLOWED, user);
  }
  const gone = new Set(users);
  const admins = group.state.admins.filter((user) => !gone.has(user));
  const state = { ...group.state, admins };
  return effects({ $case: "removed", value: { users: [...users] } }, state, { remove: users });
}

/** A group is never without an owner while somebody is in it. */
function leave({ members, state }: Group, user: string): Verdict {
  const others = members.filter((member) => member !== user);
  const heirs = others.filter((member) => state.admins.includes(member));
  const successor = state.owner === user ? (heirs[0] ?? others[0] ?? "") : "";
  const owner = state.owner === user ? successor : state.owner;
  const admins = state.admins.filter((admin) => admin !== user && admin !== owner);
  return effects(
    { $case: "left", value: { successor } },
    { ...state, owner, admins },
    { remove: [user] },
  );
}

function changeRole(
  group: Group,
  action: Extract<Action, { $case: "promote" | "demote" }>,
  by: string,
): Verdict {
  const { state } = group;
  const { user } = action.value;
  const his = roleOf(group, user);
  if (his === GroupRole.UNSPECIFIED) return refuse(RefuseReason.NO_SUCH_MEMBER, user);
  if (action.$case === "promote") {
    if (his >= GroupRole.ADMIN) return refuse(RefuseReason.ALREADY, user);
    return effects(roleChanged(user, GroupRole.ADMIN), {
      ...state,
      admins: [...state.admins, user],
    });
  }
  if (his === GroupRole.MEMBER) return refuse(RefuseReason.ALREADY, user);
  // The owner hands the group over instead; an admin may give up his own role.
  const may = his === GroupRole.ADMIN && (by === state.owner || by === user);
  if (!may) return refuse(RefuseReason.NOT_ALLOWED, user);
  const admins = state.admins.filter((admin) => admin !== user);
  return effects(roleChanged(user, GroupRole.MEMBER), { ...state, admins });
}

function roleChanged(user: string, role: GroupRole): Effects["kind"] {
  return { $case: "roleChanged", value: { user, role } };
}

function transfer(group: Group, to: string, from: string): Verdict {
  if (to === from) return refuse(RefuseReason.ALREADY, to);
  if (!group.members.includes(to)) return refuse(RefuseReason.NO_SUCH_MEMBER, to);
  const admins = [...group.state.admins.filter((admin) => admin !== to), from];
  const state = { ...group.state, owner: to, admins };
  return effects({ $case: "transferred", value: { user: to } }, state);
}

function leastRole({ state }: Group, action: Action): GroupRole {
  if (action.$case !== "add") return LEAST[action.$case] ?? GroupRole.OWNER;
  const everyone = state.settings?.whoMayAdd === GroupAudience.EVERYONE;
  return everyone ? GroupRole.MEMBER : GroupRole.ADMIN;
}

/** What somebody who is no member is told: who never was one learns nothing. */
export function whyOutside({ former, members }: Group, user: string): RefuseReason {
  if (!former.has(user)) return RefuseReason.NOT_FOUND;
  return members.length === 0 ? RefuseReason.GONE : RefuseReason.NOT_A_MEMBER;
}

function refuse(reason: RefuseReason, about?: string): Refusal {
  return about === undefined ? { refused: reason } : { refused: reason, about };
}

function effects(
  kind: Effects["kind"],
  state: GroupState,
  { add = [], remove = [] }: Partial<Pick<Effects, "add" | "remove">> = {},
): Effects {
  return { kind, state, add, remove };
}
