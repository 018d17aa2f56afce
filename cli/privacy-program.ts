import type { Command } from "commander";
import { listBlocked, setBlock } from "./privacy.js";

/** Who may see and send what. */
export function addPrivacyCommands(program: Command): void {
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
