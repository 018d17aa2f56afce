import colors from "picocolors";
import {
  type ChangeKey,
  type ChatClient,
  type GroupChange,
  type GroupInfo,
  type GroupItem,
  GroupRole,
  InviteOnlyError,
  UnansweredError,
} from "../client/node.js";
import { CliError, describeFailure, exitCodes } from "./exit.js";
import { printable, printResult } from "./output.js";
import { findGroup, findUsers, nameOf } from "./people.js";
import { type GlobalOptions, withClient } from "./profile.js";

/** What `chatmesh group …` does: each command one change or one question. */

export async function createGroup(
  name: string,
  people: readonly string[],
  options: GlobalOptions & { description?: string; again?: ChangeKey },
): Promise<void> {
  await withClient(options, async (client) => {
    const members = await findUsers(client, people);
    const { description, again } = options;
    const wanted = { name, members, ...(description && { description }) };
    const made = await client.groups
      .create(wanted, again)
      .catch((error) => sayAgain(error))
      .catch((error) => nameNotAddable(client, error));
    printResult(options.json, made, `${printable(name)} is ${made.group}`);
  });
}

export async function listGroups(options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const groups = await client.groups.list();
    const rows = groups.map(groupRow);
    if (rows.length === 0) rows.push('No groups yet: "chatmesh group create <name> <user...>".');
    printResult(options.json, { groups }, rows.join("\n"));
  });
}

function groupRow({ group, name, role, members }: GroupItem): string {
  const count = members === 1 ? "1 member" : `${members} members`;
  return `${printable(name)}  ${colors.dim(group)}  ${count}, you: ${role}`;
}

export async function showGroup(group: string, options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const info = await client.groups.get((await findGroup(client, group)).group);
    printResult(options.json, info, infoRows(client, info).join("\n"));
  });
}

function infoRows(client: ChatClient, info: GroupInfo): string[] {
  const { name, description, settings, members, membersMax, link } = info;
  const rows = [`${colors.bold(printable(name))}  ${colors.dim(info.group)}`];
  if (description !== "") rows.push(printable(description));
  rows.push(`send: ${settings.whoMaySend}, add members: ${settings.whoMayAdd}`);
  if (link !== undefined) {
    const until = link.expiresUnixMs > 0 ? new Date(link.expiresUnixMs).toISOString() : "revoked";
    rows.push(`invite link: ${link.link} (until ${until})`);
  }
  rows.push(`${members.length} of ${membersMax} members:`);
  for (const { user, role } of members) {
    rows.push(`  ${nameOf(client, user)}${role === "member" ? "" : `  ${role}`}`);
  }
  return rows;
}

/** One change that needs nothing but the group. */
export type Change = (client: ChatClient, group: string) => Promise<unknown>;

/** Makes the change and says what it came to. */
export async function changeGroup(
  group: string,
  options: GlobalOptions,
  change: Change,
): Promise<void> {
  await withClient(options, async (client) => {
    const found = await findGroup(client, group);
    const made = await change(client, found.group);
    const text = typeof made === "string" ? made : `${printable(found.name)}: done`;
    printResult(options.json, typeof made === "string" ? { link: made } : (made as object), text);
  });
}

/** As `changeGroup`, with people who are named. */
export function changeMembers(
  group: string,
  people: readonly string[],
  options: GlobalOptions,
  change: (client: ChatClient, group: string, users: readonly string[]) => Promise<unknown>,
): Promise<void> {
  return changeGroup(group, options, async (client, id) => {
    const users = await findUsers(client, people);
    return change(client, id, users).catch((error) => nameNotAddable(client, error));
  });
}

/** Says how to ask again without making a second group. */
function sayAgain(error: unknown): never {
  if (!(error instanceof UnansweredError)) throw error;
  const { message } = describeFailure(error);
  const { group, requestId } = error.key;
  const advice = `It may have been made. To ask for the same one: add --again ${group}/${requestId}`;
  throw new CliError(exitCodes.unreachable, `${message} ${advice}`);
}

/** Says whom it is that the user cannot add. */
function nameNotAddable(client: ChatClient, error: unknown): never {
  if (!(error instanceof InviteOnlyError)) throw error;
  const who = error.users.map((user) => printable(nameOf(client, user))).join(", ");
  const advice = "Leave them out, and invite them by a link";
  throw new CliError(exitCodes.refused, `Not done: you cannot add ${who}. ${advice}.`);
}

export async function joinGroup(link: string, options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { name } = await client.groups.preview(link);
    const joined = await client.groups.join(link);
    printResult(options.json, joined, `You are in ${printable(name)} (${joined.group}).`);
  });
}

/** A change as one line of a chat or a history. */
export function describeChange(client: ChatClient, by: string, { kind }: GroupChange): string {
  const who = nameOf(client, by);
  const names = (users: readonly string[]) => users.map((user) => nameOf(client, user)).join(", ");
  switch (kind?.$case) {
    case "created":
      return `${who} created "${printable(kind.value.name)}"`;
    case "renamed":
      return `${who} named the group "${printable(kind.value.name)}"`;
    case "described":
      return `${who} changed the description`;
    case "added":
      return `${who} added ${names(kind.value.users)}`;
    case "removed":
      return `${who} removed ${names(kind.value.users)}`;
    case "left": {
      const { successor } = kind.value;
      return `${who} left${successor ? `; ${nameOf(client, successor)} owns the group now` : ""}`;
    }
    case "roleChanged": {
      const role = kind.value.role === GroupRole.ADMIN ? "an admin" : "a member";
      return `${who} made ${nameOf(client, kind.value.user)} ${role}`;
    }
    case "transferred":
      return `${who} handed the group to ${nameOf(client, kind.value.user)}`;
    case "settings":
      return `${who} changed the settings`;
    case "linkChanged":
      return `${who} ${kind.value.active ? "made a new" : "revoked the"} invite link`;
    case "joined":
      return `${who} joined by the invite link`;
    default:
      return `${who} changed the group`;
  }
}
