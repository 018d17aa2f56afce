import { type ChatClient, ChatError, directId, isGroupId, isUserId } from "../client/node.js";
import { CliError, exitCodes } from "./exit.js";

/** With whom a command talks: a person or a group. */
export interface Partner {
  name: string;
  conversation: string;
  /** Undefined of a group. */
  user?: string;
}

/** Finds a person by name or id, or a group by its id or @ and its name; what was looked up before works without the server. */
export async function findPartner(client: ChatClient, nameOrId: string): Promise<Partner> {
  if (isGroupId(nameOrId) || nameOrId.startsWith("@")) {
    const { group, name } = await findGroup(client, nameOrId);
    // For the names of its members; without a server those are shown that are known.
    const info = await client.groups.get(group).catch(() => undefined);
    return { name: info?.name ?? name, conversation: group };
  }
  const user = await findUser(client, nameOrId);
  if (user === client.account.user) {
    throw new CliError(exitCodes.refused, "That is you: name the person you want to talk to.");
  }
  return { name: nameOf(client, user), conversation: directId(client.account.user, user), user };
}

/** A group of the user's. */
export async function findGroup(
  client: ChatClient,
  nameOrId: string,
): Promise<{ group: string; name: string }> {
  if (isGroupId(nameOrId)) {
    return { group: nameOrId, name: client.position(nameOrId)?.group?.name || nameOrId };
  }
  const name = nameOrId.replace(/^@/, "");
  const found = (await client.groups.list()).filter((item) => item.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const why = only ? "Several groups of yours have this name" : "No group of yours has this name";
  throw new CliError(exitCodes.refused, `${why}: use the id, see "chatmesh group list".`);
}

export function findUsers(client: ChatClient, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => findUser(client, name)));
}

export async function findUser(client: ChatClient, nameOrId: string): Promise<string> {
  return isUserId(nameOrId) ? nameOrId : (await byName(client, nameOrId)).user;
}

async function byName(client: ChatClient, name: string): Promise<{ user: string; name: string }> {
  const known = client.knownUser(name);
  if (known !== undefined) return { user: known, name: name.toLowerCase() };
  try {
    return await client.lookUp(name);
  } catch (error) {
    if (!(error instanceof ChatError) || error.reason !== "NOT_FOUND") throw error;
    const advice = "Check the spelling; names are exact.";
    throw new CliError(exitCodes.refused, `There is no user "${name}". ${advice}`);
  }
}

/** A user's name as far as this device knows it. */
export function nameOf(client: ChatClient, user: string): string {
  return user === client.account.user ? client.account.name : (client.nameOf(user) ?? user);
}
