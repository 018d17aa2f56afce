#!/usr/bin/env node
import { CommanderError } from "commander";
import colors from "picocolors";
import { describeFailure, exitCodes } from "./exit.js";
import { buildProgram } from "./program.js";

/** Runs one command and leaves its exit code; a failure is one sentence on standard error. */
async function main(): Promise<void> {
  const program = buildProgram();
  for (const command of [program, ...program.commands]) command.exitOverride();
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

// A reader that goes away (`| head`) ends the program quietly.
process.stdout.on("error", () => process.exit(exitCodes.ok));
process.once("SIGINT", () => process.exit(exitCodes.interrupted));
await main();
// A terminal's or pipe's standard input may keep the process alive when all is done.
process.stdin.destroy();
