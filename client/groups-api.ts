import { type ChangeKey, ChatError, type ChatErrorReason, InviteOnlyError } from "./errors.js";
import { type Fetch, post } from "./http.js";

/** The group service over HTTP: chat.group.v1 in canonical JSON. */

export type Role = "member" | "admin" | "owner";
export type Audience = "everyone" | "admins";

export interface GroupSettings {
  whoMaySend: Audience;
  whoMayAdd: Audience;
}

export interface GroupMember {
  user: string;
  role: Role;
  /** Empty when the server could not tell it. */
  name: string;
}

/** A group as its members see it. */
export interface GroupInfo {
  group: string;
  version: number;
  name: string;
  description: string;
  settings: GroupSettings;
  /** In the order in which they joined. */
  members: GroupMember[];
  /** For admins and the owner, while there is one. `expiresUnixMs` 0: it does not end. */
  link: { link: string; expiresUnixMs: number } | undefined;
  membersMax: number;
}

export interface GroupItem {
  group: string;
  name: string;
  role: Role;
  members: number;
  version: number;
}

/** What an invite link leads to. */
export interface GroupPreview {
  group: string;
  name: string;
  members: number;
  version: number;
}

/** A change that is an entry of the group's log. */
export interface GroupChanged {
  group: string;
  version: number;
  seq: number;
}

/** A request of change; `action` is one arm of ChangeGroupRequest. */
export interface ChangeRequest extends ChangeKey {
  action: Record<string, unknown>;
}

export interface Caller {
  readonly server: string;
  readonly fetch: Fetch;
  readonly token: string;
}

type Json = Record<string, unknown>;

export async function changeGroup(caller: Caller, request: ChangeRequest): Promise<GroupChanged> {
  const { action, ...rest } = request;
  const answer = await call(caller, "change", { ...rest, ...action });
  if (answer.changed !== undefined) {
    const { version, seq } = answer.changed as Json;
    return { group: request.group, version: Number(version ?? 0), seq: Number(seq ?? 0) };
  }
  throw refusal((answer.refused ?? {}) as Json);
}

export async function getGroup(caller: Caller, group: string): Promise<GroupInfo> {
  const answer = ((await call(caller, "get", { group })).group ?? {}) as Json;
  const link = answer.link as Json | undefined;
  return {
    group,
    version: Number(answer.version ?? 0),
    name: String(answer.name ?? ""),
    description: String(answer.description ?? ""),
    settings: settingsOf((answer.settings ?? {}) as Json),
    members: listOf(answer.members).map(({ user, role, name }) => {
      return { user: String(user), role: roleOf(role), name: String(name ?? "") };
    }),
    link: link && {
      link: linkOf(group, String(link.secret)),
      expiresUnixMs: Number(link.expiresUnixMs ?? 0),
    },
    membersMax: Number(answer.membersMax ?? 0),
  };
}

/** All pages. */
export async function listGroups(caller: Caller): Promise<GroupItem[]> {
  const all: GroupItem[] = [];
  let after = "";
  do {
    const answer = await call(caller, "list", { after, limit: 500 });
    for (const { group, name, role, members, version } of listOf(answer.groups)) {
      all.push({
        group: String(group),
        name: String(name ?? ""),
        role: roleOf(role),
        members: Number(members ?? 0),
        version: Number(version ?? 0),
      });
    }
    const next = String(answer.after ?? "");
    after = next > after ? next : "";
  } while (after !== "");
  return all;
}

export async function previewGroup(caller: Caller, link: string): Promise<GroupPreview> {
  const { group, secret } = readLink(link);
  const answer = await call(caller, "preview", { group, secret });
  return {
    group,
    name: String(answer.name ?? ""),
    members: Number(answer.members ?? 0),
    version: Number(answer.version ?? 0),
  };
}

/** An invite link as people pass it on. */
export function linkOf(group: string, secret: string): string {
  return `${group}.${secret}`;
}

export function readLink(link: string): { group: string; secret: string } {
  const [, group, secret] = /^(gr_[0-9a-z]{16})\.([0-9a-z]{26})$/.exec(link.trim()) ?? [];
  if (group !== undefined && secret !== undefined) return { group, secret };
  throw new ChatError("INVALID", "This is not an invite link of a group.");
}

/** What is not given stays as it is. */
export function settingsJson({ whoMaySend, whoMayAdd }: Partial<GroupSettings>): object {
  return {
    ...(whoMaySend && { whoMaySend: audienceJson(whoMaySend) }),
    ...(whoMayAdd && { whoMayAdd: audienceJson(whoMayAdd) }),
  };
}

function audienceJson(audience: Audience): string {
  return `GROUP_AUDIENCE_${audience.toUpperCase()}`;
}

function settingsOf({ whoMaySend, whoMayAdd }: Json): GroupSettings {
  const audience = (json: unknown): Audience =>
    json === "GROUP_AUDIENCE_EVERYONE" ? "everyone" : "admins";
  return { whoMaySend: audience(whoMaySend), whoMayAdd: audience(whoMayAdd) };
}

function roleOf(json: unknown): Role {
  if (json === "GROUP_ROLE_OWNER") return "owner";
  return json === "GROUP_ROLE_ADMIN" ? "admin" : "member";
}

function listOf(json: unknown): Json[] {
  return Array.isArray(json) ? json : [];
}

async function call(caller: Caller, path: string, body: object): Promise<Json> {
  const { server, fetch, token } = caller;
  return post({ server, fetch }, `groups/${path}`, body, token);
}

const REFUSALS: Record<string, [ChatErrorReason, string]> = {
  NOT_FOUND: ["NOT_FOUND", "There is no such group, or you are not in it."],
  NOT_A_MEMBER: ["NOT_A_MEMBER", "You are not in this group any more."],
  NOT_ALLOWED: ["NOT_ALLOWED", "Your role in this group does not allow it."],
  FULL: ["GROUP_FULL", "The group has no room for so many members."],
  GONE: ["GONE", "The group or the link is not there any more."],
  ALREADY: ["ALREADY", "It is so already."],
  NO_SUCH_USER: ["NOT_FOUND", "There is no such user."],
  NO_SUCH_MEMBER: ["NOT_FOUND", "This user is not in the group."],
  CONFLICT: ["CONFLICT", "The id is taken."],
  STALE: ["STALE", "The group has changed much meanwhile: look at it, then ask again."],
};

function refusal({ reason, user, users }: Json): ChatError {
  const name = String(reason ?? "").replace("REFUSE_REASON_", "");
  if (name === "INVITE_ONLY") return new InviteOnlyError((users as string[] | undefined) ?? []);
  const [known, text] = REFUSALS[name] ?? ["INTERNAL", `The server refused it (${name}).`];
  return new ChatError(known, user ? `${text} (${user})` : text);
}
