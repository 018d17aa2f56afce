import { type ChatClient, ChatError, directId, isUserId } from "../client/node.js";
import { CliError, exitCodes } from "./exit.js";

/** Whom a command talks about. */
export interface Person {
  user: string;
  name: string;
  conversation: string;
}

/** Finds a person by name or id; a name looked up before works without the server. */
export async function findPerson(client: ChatClient, nameOrId: string): Promise<Person> {
  const found = isUserId(nameOrId)
    ? { user: nameOrId, name: client.nameOf(nameOrId) ?? nameOrId }
    : await byName(client, nameOrId);
  if (found.user === client.account.user) {
    throw new CliError(exitCodes.refused, "That is you: name the person you want to talk to.");
  }
  return { ...found, conversation: directId(client.account.user, found.user) };
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
