import { Command, InvalidArgumentError, Option } from "commander";
import { ConfigError } from "../lib/env.js";
import { isService, type ServiceName, serviceNames } from "./modules.js";

/** What a process runs. */
export type Target =
  /** Every service as a process of its own, under a supervisor. */
  | { readonly kind: "mesh" }
  /** These services in this process; `all`: every one of them, reached without sockets. */
  | { readonly kind: "services"; readonly names: readonly ServiceName[]; readonly all: boolean };

export interface Options {
  readonly target: Target;
  readonly printConfig: boolean;
}

const HELP = `
Targets: mesh (every service as its own process, supervised), all (one process), or a list such as
session,receipts out of: ${serviceNames.join(", ")}.
Everything else is set in the environment: see --print-config.
Exit codes: 0 stopped well, 1 a service failed, 2 a wrong option or variable.`;

/** Reads the command line. Throws ConfigError when it is wrong; prints the help and ends the process on --help. */
export function readOptions(args: readonly string[]): Options {
  const command = new Command("chatmesh-server")
    .description("Runs the services of chatmesh.")
    .addOption(
      new Option("--target <target>", "what this process runs")
        .default({ kind: "mesh" }, "mesh")
        .argParser(parseTarget),
    )
    .option("--print-config", "print every variable with its value, then end", false)
    .addHelpText("after", HELP)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    if (code === "commander.helpDisplayed") process.exit(0);
    throw new ConfigError(message.replace(/^error: /, ""), { cause });
  }
  return command.opts<Options>();
}

function parseTarget(text: string): Target {
  if (text === "mesh") return { kind: "mesh" };
  if (text === "all") return { kind: "services", names: serviceNames, all: true };
  const names = text.split(",");
  const wrong = names.find((name) => !isService(name));
  if (wrong !== undefined) {
    const known = ["mesh", "all", ...serviceNames].join(", ");
    throw new InvalidArgumentError(`There is no target ${wrong || '""'}; known are ${known}.`);
  }
  // In the order of need, whatever the order they were named in.
  return { kind: "services", names: serviceNames.filter((n) => names.includes(n)), all: false };
}
