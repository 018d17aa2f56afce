import { type Command, Option } from "commander";
import { listBlocked, setAbout, setBlock, setContacts, setPrivacy, showAbout } from "./privacy.js";

/** Who may see and send what. */
export function addPrivacyCommands(program: Command): void {
  addBlockCommands(program);
  addAboutCommand(program);
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
    .description("show or change what others see of you; presence you hide you do not see of them")
    .addOption(new Option("--last-seen <who>", "when you did something last").choices(who))
    .addOption(new Option("--online <who>", "that you are online").choices(who))
    .addOption(
      new Option("--read-receipts <switch>", "what you have read, in chats of two").choices([
        "on",
        "off",
      ]),
    )
    .addOption(new Option("--about <who>", "what you say about yourself").choices(who))
    .addOption(new Option("--groups <who>", "who may add you to groups").choices(who))
    .action(({ lastSeen, online, readReceipts, about, groups }, command) => {
      const given = readReceipts === undefined ? undefined : readReceipts === "on";
      const change = {
        ...(lastSeen && { lastSeen }),
        ...(online && { online }),
        ...(about && { about }),
        ...(groups && { groups }),
        ...(given !== undefined && { readReceipts: given }),
      };
      return setPrivacy(change, command.optsWithGlobals());
    });
}

function addAboutCommand(program: Command): void {
  program
    .command("about [user]")
    .description("show what somebody, or you, says about himself")
    .option("--set <text>", 'say this about yourself, in one line; "" removes it')
    .action((user, { set }, command) => {
      if (set === undefined) return showAbout(user, command.optsWithGlobals());
      if (user === undefined) return setAbout(set, command.optsWithGlobals());
      return command.error("error: --set is about yourself: name nobody");
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
