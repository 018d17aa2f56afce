#!/usr/bin/env node
import { type Command, CommanderError } from "commander";
import colors from "picocolors";
import { describeFailure, exitCodes } from "./exit.js";
import { buildProgram } from "./program.js";

/** Runs one command and leaves its exit code; a failure is one sentence on standard error. */
async function main(): Promise<void> {
  const program = buildProgram();
  overrideExits(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
      return;
    }
    const { message, exitCode } = describeFailure(error);
    process.stderr.write(`${colors.red("error:")} ${message}\n`);
    process.exitCode = exitCode;
  }
}

/** Wrong usage throws instead of ending the process with a code that means something else here. */
function overrideExits(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) overrideExits(inner);
}

// A reader that goes away (`| head`) ends the program quietly.
process.stdout.on("error", () => process.exit(exitCodes.ok));
process.once("SIGINT", () => process.exit(exitCodes.interrupted));
await main();
// A terminal's or pipe's standard input may keep the process alive when all is done.
process.stdin.destroy();
