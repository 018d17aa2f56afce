import type { ListedUser, PrivacySettings } from "../client/node.js";
import { printable, printResult, timeOf } from "./output.js";
import { findUser, findUsers, nameOf } from "./people.js";
import { type GlobalOptions, withClient } from "./profile.js";

/** Blocks somebody, or ends it. */
export async function setBlock(
  name: string,
  blocked: boolean,
  options: GlobalOptions,
): Promise<void> {
  await withClient(options, async (client) => {
    const user = await findUser(client, name);
    const seq = await (blocked ? client.privacy.block(user) : client.privacy.unblock(user));
    const who = printable(nameOf(client, user));
    const text = blocked
      ? `Blocked ${who}: what he sends from now on does not reach you, and he is not told.`
      : `${who} is not blocked. What he sent meanwhile does not come.`;
    printResult(options.json, { user, blocked, seq }, text);
  });
}

export async function listBlocked(options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const blocked = await client.privacy.blocked();
    printResult(options.json, { blocked }, rowsOf(blocked, "You block nobody."));
  });
}

/** Lists contacts after adding or removing some. */
export async function setContacts(
  change: "add" | "remove" | undefined,
  names: readonly string[],
  options: GlobalOptions,
): Promise<void> {
  await withClient(options, async (client) => {
    const { privacy } = client;
    const users = await findUsers(client, names);
    if (change === "add") await privacy.addContacts(users);
    if (change === "remove") await privacy.removeContacts(users);
    const contacts = await privacy.contacts();
    printResult(options.json, { contacts }, rowsOf(contacts, "You have no contacts."));
  });
}

/** Shows the settings after changing what is given. */
export async function setPrivacy(
  change: Partial<PrivacySettings>,
  options: GlobalOptions,
): Promise<void> {
  await withClient(options, async ({ privacy }) => {
    const changes = Object.values(change).some((value) => value !== undefined);
    const settings = await (changes ? privacy.set(change) : privacy.settings());
    const { lastSeen, online, readReceipts, about, groups } = settings;
    const rows = [
      `last seen: ${lastSeen}`,
      `online: ${online}`,
      `read receipts: ${readReceipts ? "on" : "off"}`,
      `about: ${about}`,
      `groups: ${groups}`,
    ];
    printResult(options.json, settings, rows.join("\n"));
  });
}

/** Shows what somebody says about himself; without a name, what the caller does. */
export async function showAbout(name: string | undefined, options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const user = name === undefined ? client.account.user : await findUser(client, name);
    const text = await client.privacy.about(user);
    printResult(options.json, { user, text }, printable(text) || "Nothing to see.");
  });
}

export async function setAbout(text: string, options: GlobalOptions): Promise<void> {
  await withClient(options, async ({ account, privacy }) => {
    await privacy.setAbout(text);
    printResult(options.json, { user: account.user, text }, printable(text) || "Removed.");
  });
}

function rowsOf(users: readonly ListedUser[], none: string): string {
  if (users.length === 0) return none;
  return users.map((one) => `${printable(one.name)}  since ${timeOf(one.atUnixMs)}`).join("\n");
}
