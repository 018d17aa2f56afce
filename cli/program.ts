import { Command, InvalidArgumentError, Option } from "commander";
import { listDevices, logOut, revokeDevice, signIn, whoAmI } from "./account.js";
import { chat } from "./chat-command.js";
import { exitCodeHelp } from "./exit.js";
import { addGroupCommands } from "./group-program.js";
import { listConversations, sendMessage, showHistory, showInfo } from "./messages.js";
import { showPresence } from "./presence.js";
import { addPrivacyCommands } from "./privacy-program.js";

const examples = `
Examples:
  chatmesh --profile alice register alice
  chatmesh --profile alice chat bob
  chatmesh --profile alice send bob "on my way" --wait delivered`;

/** The command line: every command reads the global options and hands over to one function. */
export function buildProgram(): Command {
  const program = new Command("chatmesh")
    .description("Chat from the terminal: messages with ✓ sent, ✓✓ delivered and blue ✓✓ read.")
    .addOption(
      new Option("--server <url>", "where the mesh is; used by register and login")
        .env("CHATMESH_SERVER")
        .default("http://127.0.0.1:8080")
        .argParser(serverUrl),
    )
    .addOption(
      new Option("--profile <name>", "who you are on this machine")
        .env("CHATMESH_PROFILE")
        .default("default"),
    )
    .option("--json", "print JSON, one value per line", false)
    .addHelpText("after", `${exitCodeHelp}\n${examples}`)
    .showHelpAfterError('Run "chatmesh --help" to see how.');
  addAccountCommands(program);
  addMessageCommands(program);
  addGroupCommands(program);
  addPrivacyCommands(program);
  return program;
}

function addAccountCommands(program: Command): void {
  const passwordHelp = "\nThe password is asked for, or taken from CHATMESH_PASSWORD.";
  for (const path of ["register", "login"] as const) {
    const what = path === "register" ? "create an account" : "add this profile to an account";
    program
      .command(`${path} <name>`)
      .description(what)
      .option("--device-name <text>", "how this device shows in the list of devices")
      .addHelpText("after", passwordHelp)
      .action((name, _options, command) => signIn(path, name, command.optsWithGlobals()));
  }
  program
    .command("logout")
    .description("revoke this device and empty the profile")
    .option("--force", "empty the profile even when the server cannot be reached")
    .action((_options, command) => logOut(command.optsWithGlobals()));
  program
    .command("whoami")
    .description("show whose profile this is")
    .action((_options, command) => whoAmI(command.optsWithGlobals()));
  program
    .command("devices")
    .description("list your devices")
    .action((_options, command) => listDevices(command.optsWithGlobals()));
  program
    .command("revoke <device>")
    .description("log another device of yours out")
    .action((device, _options, command) => revokeDevice(device, command.optsWithGlobals()));
}

function addMessageCommands(program: Command): void {
  program
    .command("chat <user>")
    .description("talk to somebody; reads lines from standard input when it is not a terminal")
    .addOption(timeout("how long piped input waits for its ✓ at the end"))
    .action((user, _options, command) => chat(user, command.optsWithGlobals()));
  program
    .command("send <user> <text...>")
    .description("send one message and wait for its tick")
    .addOption(
      new Option("--wait <tick>", "what to wait for")
        .choices(["sent", "delivered", "read"])
        .default("sent"),
    )
    .addOption(timeout("how long to wait"))
    .action((user, text, _options, command) =>
      sendMessage(user, text.join(" "), command.optsWithGlobals()),
    );
  program
    .command("history <user>")
    .description("show messages from the server")
    .addOption(
      new Option("--before <seq>", "only messages before this number; 0: the newest")
        .default(0)
        .argParser(whole(0, Number.MAX_SAFE_INTEGER)),
    )
    .addOption(new Option("--limit <n>", "at most this many").default(50).argParser(whole(1, 100)))
    .action((user, _options, command) => showHistory(user, command.optsWithGlobals()));
  program
    .command("info <user> <seq>")
    .description("show when a message of yours was delivered and read")
    .action((user, seq, _options, command) => {
      const number = whole(1, Number.MAX_SAFE_INTEGER)(seq.replace(/^#/, ""));
      return showInfo(user, number, command.optsWithGlobals());
    });
  program
    .command("seen <user>")
    .description("show whether somebody is online, or when he was last seen")
    .addOption(timeout("how long to wait for the answer"))
    .action((user, _options, command) => showPresence(user, command.optsWithGlobals()));
  program
    .command("conversations")
    .description("list your conversations")
    .action((_options, command) => listConversations(command.optsWithGlobals()));
}

function timeout(description: string): Option {
  return new Option("--timeout <seconds>", description).default(30).argParser(whole(1, 86_400));
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function serverUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) {
    return text.replace(/\/+$/, "");
  }
  throw new InvalidArgumentError("Expected something like http://127.0.0.1:8080.");
}
