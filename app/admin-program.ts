import { Command, CommanderError, InvalidArgumentError } from "commander";
import { nackReasonToJSON } from "../gen/chat/client/v1/delivery.js";
import {
  type DeadLetter,
  DeadLettersService,
  ReplayOutcome,
} from "../gen/chat/session/v1/session.js";
import { limits } from "../lib/limits.js";
import type { RpcClient } from "../lib/rpc/network.js";
import { readSessionConfig } from "../session/config.js";
import { addActivityCommands } from "./admin-activity.js";
import { AdminError, type AdminOptions, callAdmin, type Print } from "./admin-call.js";

type Admin = RpcClient<typeof DeadLettersService>;
type Options = AdminOptions;

const SESSION = {
  service: "session",
  definition: DeadLettersService,
  addressIn: (settings: Readonly<Record<string, string | undefined>>) =>
    readSessionConfig(settings).admin,
  deadlineMs: limits.replayMs + 5_000,
} as const;

const HELP = `
It finds the services as they find each other: by the environment, or in data/ of this directory.
Exit codes: 0 done, 1 refused or not replaced, 2 wrong usage, 4 the service cannot be reached.`;

/** Runs one command of an operator. */
export async function runAdmin(args: readonly string[], print: Print): Promise<void> {
  const program = new Command("chatmesh-admin")
    .description("Looks after the messages that devices could not take in, and what users did.")
    .option("--address <address>", "where CHAT_SESSION_ADMIN or CHAT_PRESENCE_ADMIN is")
    .option("--json", "print JSON, one value per line", false)
    .addHelpText("after", HELP)
    .exitOverride();
  program
    .command("dead-letters")
    .description("list the messages that are parked for devices")
    .option("--conversation <id>", "only those of this conversation", "")
    .action((own: { conversation: string }, command: Command) =>
      withSession(command.optsWithGlobals(), (admin, options) =>
        list(admin, own.conversation, { ...options, print }),
      ),
    );
  program
    .command("replay <conversation> <seq> <device>")
    .description("deliver one of them to its device again, and wait for what comes of it")
    .action((conversation: string, seq: string, device: string, _own, command: Command) => {
      const key = { conversation, seq: wholeNumber(seq), device };
      return withSession(command.optsWithGlobals(), (admin, options) =>
        replay(admin, key, { ...options, print }),
      );
    });
  addActivityCommands(program, print);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new AdminError("", 2);
  }
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("seq is a whole number from 1 on.");
}

function withSession(
  options: Options,
  run: (admin: Admin, options: Options) => Promise<void>,
): Promise<void> {
  return callAdmin(options, SESSION, (admin) => run(admin, options));
}

async function list(
  admin: Admin,
  conversation: string,
  { json, print }: Options & { readonly print: Print },
): Promise<void> {
  let found = 0;
  for (let after = ""; ; ) {
    const page = await admin.listDeadLetters({ conversation, after, limit: 0 });
    for (const letter of page.deadLetters) print(json ? asJson(letter) : lineOf(letter));
    found += page.deadLetters.length;
    after = page.after;
    if (after === "") break;
  }
  if (found === 0 && !json) print("Nothing is parked.");
}

function asJson(letter: DeadLetter): string {
  return JSON.stringify({ ...letter, reason: reasonOf(letter) });
}

function lineOf(letter: DeadLetter): string {
  const { conversation, seq, device, user, nacks, firstAtUnixMs, lastAtUnixMs } = letter;
  const times = `${timeOf(firstAtUnixMs)} … ${timeOf(lastAtUnixMs)}`;
  return `${conversation} ${seq} ${device}  ${user}  ${reasonOf(letter)} ×${nacks}  ${times}`;
}

function reasonOf({ reason }: DeadLetter): string {
  return nackReasonToJSON(reason).replace("NACK_REASON_", "").toLowerCase();
}

function timeOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 19);
}

const OUTCOMES: Partial<Record<ReplayOutcome, string>> = {
  [ReplayOutcome.REPLACED]: "The device shows the message now.",
  [ReplayOutcome.REFUSED]: "The device failed again: the message stays parked.",
  [ReplayOutcome.NOT_CONNECTED]: "The device is not connected: nothing was sent. Try again later.",
  [ReplayOutcome.NO_ANSWER]: "The device did not answer. If it does later, that counts.",
};

async function replay(
  admin: Admin,
  key: { readonly conversation: string; readonly seq: number; readonly device: string },
  { json, print }: Options & { readonly print: Print },
): Promise<void> {
  const { outcome } = await admin.replayDeadLetter(key);
  const text = OUTCOMES[outcome] ?? "The session gave an answer that this program does not know.";
  const name = (ReplayOutcome[outcome] ?? "UNKNOWN").toLowerCase();
  print(json ? JSON.stringify({ ...key, outcome: name }) : text);
  if (outcome !== ReplayOutcome.REPLACED) throw new AdminError("", 1);
}
