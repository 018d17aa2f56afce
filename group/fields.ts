import { GroupAudience, type GroupSettings } from "../gen/chat/client/v1/groups.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { ChangeGroupRequest } from "../gen/chat/group/v1/group.js";
import { RpcError } from "../lib/errors.js";
import { isGroupId, isUserId, isUuid } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import type { Action } from "./rules.js";

const LONE_SURROGATE = /\p{Surrogate}/u;
const SECRET = /^[0-9a-z]{26}$/;
const NAME_MAX = 100;
const DESCRIPTION_MAX = 500;
const NOTHING: GroupSettings = {
  whoMaySend: GroupAudience.UNSPECIFIED,
  whoMayAdd: GroupAudience.UNSPECIFIED,
};
const AUDIENCES: ReadonlySet<GroupAudience> = new Set([
  GroupAudience.UNSPECIFIED,
  GroupAudience.EVERYONE,
  GroupAudience.ADMINS,
]);

/** A change whose fields keep their rules. */
export interface Wish {
  readonly user: string;
  readonly group: string;
  readonly requestId: string;
  readonly seenVersion: number;
  readonly action: Action;
}

/** Checks the form of a request; throws INVALID with the first rule that is broken. */
export function readWish(request: ChangeGroupRequest): Wish {
  const { requestId, seenVersion, action } = request;
  const user = userId(request.user, "user");
  const group = groupId(request.group);
  if (!isUuid(requestId)) throw invalid("request_id must be a UUID in lower-case canonical form");
  if (action === undefined) throw invalid("one of the actions must be set");
  checkAction(action, user);
  return { user, group, requestId, seenVersion, action };
}

export function userId(user: string, field: string): string {
  if (isUserId(user)) return user;
  throw invalid(`${field} must be a user id`);
}

export function groupId(group: string): string {
  if (isGroupId(group)) return group;
  throw invalid("group must be gr_ and 16 characters of [0-9a-z]");
}

export function secretOf(secret: string): string {
  if (SECRET.test(secret)) return secret;
  throw invalid("secret must have 26 characters of [0-9a-z]");
}

function checkAction(action: Action, user: string): void {
  switch (action.$case) {
    case "create":
      checkText(action.value.name, "name", 1, NAME_MAX);
      checkText(action.value.description, "description", 0, DESCRIPTION_MAX);
      if (action.value.settings) checkSettings(action.value.settings);
      return checkUsers(action.value.members, user, 0);
    case "rename":
      return checkText(action.value.name, "name", 1, NAME_MAX);
    case "describe":
      return checkText(action.value.description, "description", 0, DESCRIPTION_MAX);
    case "add":
    case "remove":
      return checkUsers(action.value.users, user, 1);
    case "promote":
    case "demote":
    case "transfer":
      return void userId(action.value.user, "user");
    case "settings":
      if (namesNothing(action.value.settings)) throw invalid("at least one setting must be given");
      return checkSettings(action.value.settings);
    case "setLink":
      secretOf(action.value.secret);
      if (action.value.expiresUnixMs < 0) throw invalid("expires_unix_ms must not be negative");
      return;
    case "join":
      return void secretOf(action.value.secret);
    case "leave":
    case "revokeLink":
      return;
  }
}

function checkText(text: string, field: string, min: number, max: number): void {
  const good = text.length <= 2 * max && !LONE_SURROGATE.test(text);
  const length = good ? [...text].length : -1;
  if (length >= min && length <= max) return;
  throw invalid(`${field} must have ${min} to ${max} characters`);
}

function checkUsers(users: readonly string[], caller: string, min: number): void {
  if (users.length < min) throw invalid("at least one user must be named");
  // Whether the group has room for them is another question; here only the size of the list is bounded.
  if (users.length > limits.groupMembersMax) throw invalid("too many users are named");
  if (!users.every(isUserId)) throw invalid("users must be user ids");
  if (new Set(users).size < users.length) throw invalid("users must be distinct");
  if (users.includes(caller)) throw invalid("the caller is not to be named");
}

function checkSettings({ whoMaySend, whoMayAdd }: GroupSettings = NOTHING): void {
  const good = isAudience(whoMaySend) && isAudience(whoMayAdd);
  if (!good) throw invalid("settings must say everyone or admins, where they say something");
}

function namesNothing({ whoMaySend, whoMayAdd }: GroupSettings = NOTHING): boolean {
  return whoMaySend === GroupAudience.UNSPECIFIED && whoMayAdd === GroupAudience.UNSPECIFIED;
}

function isAudience(audience: GroupAudience): boolean {
  return AUDIENCES.has(audience);
}

function invalid(message: string): RpcError {
  return new RpcError(ErrorReason.INVALID, message);
}
