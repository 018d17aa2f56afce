import { printable, printResult, timeOf } from "./output.js";
import { findUser, nameOf } from "./people.js";
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
    const rows = blocked.map((one) => `${printable(one.name)}  since ${timeOf(one.atUnixMs)}`);
    if (rows.length === 0) rows.push("You block nobody.");
    printResult(options.json, { blocked }, rows.join("\n"));
  });
}
