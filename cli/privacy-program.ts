import { type Command, Option } from "commander";
import { listBlocked, setBlock, setContacts, setPrivacy } from "./privacy.js";

/** Who may see and send what. */
export function addPrivacyCommands(program: Command): void {
  addBlockCommands(program);
  const contacts = program
    .command("contacts")
    .description("list your contacts: whom your privacy means by them")
    .action((_options, command) => setContacts(undefined, [], command.optsWithGlobals()));
  for (const change of ["add", "remove"] as const) {
    contacts
      .command(`${change} <users...>`)
      .description(`${change} contacts`)
      .action((users, _options, command) => setContacts(change, users, command.optsWithGlobals()));
  }
  const who = ["everyone", "contacts", "nobody"];
  program
    .command("privacy")
    .description("show or change what others see of you; what you hide you do not see of them")
    .addOption(new Option("--last-seen <who>", "when you did something last").choices(who))
    .addOption(new Option("--online <who>", "that you are online").choices(who))
    .addOption(
      new Option("--read-receipts <switch>", "what you have read, in chats of two").choices([
        "on",
        "off",
      ]),
    )
    .action(({ lastSeen, online, readReceipts }, command) => {
      const given = readReceipts === undefined ? undefined : readReceipts === "on";
      const change = {
        ...(lastSeen && { lastSeen }),
        ...(online && { online }),
        ...(given !== undefined && { readReceipts: given }),
      };
      return setPrivacy(change, command.optsWithGlobals());
    });
}

function addBlockCommands(program: Command): void {
  program
    .command("block <user>")
    .description("get nothing from somebody any more; he sees ✓ and is not told")
    .action((user, _options, command) => setBlock(user, true, command.optsWithGlobals()));
  program
    .command("unblock <user>")
    .description("end a block; what was sent meanwhile does not come")
    .action((user, _options, command) => setBlock(user, false, command.optsWithGlobals()));
  program
    .command("blocked")
    .description("list whom you block")
    .action((_options, command) => listBlocked(command.optsWithGlobals()));
}
