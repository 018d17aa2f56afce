#!/usr/bin/env node
import { AdminError } from "./admin-call.js";
import { runAdmin } from "./admin-program.js";

runAdmin(process.argv.slice(2), (line) => void process.stdout.write(`${line}\n`)).then(
  () => process.exit(0),
  (error: Error) => {
    const exitCode = error instanceof AdminError ? error.exitCode : 1;
    if (error.message !== "") process.stderr.write(`${error.message}\n`);
    process.exit(exitCode);
  },
);
