import { Command, CommanderError, InvalidArgumentError } from "commander";
import { nackReasonToJSON } from "../gen/chat/client/v1/delivery.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import {
  type DeadLetter,
  DeadLettersService,
  ReplayOutcome,
} from "../gen/chat/session/v1/session.js";
import { systemClock } from "../lib/clock.js";
import { ConfigError } from "../lib/env.js";
import { RpcError } from "../lib/errors.js";
import { newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { silentLogger } from "../lib/log.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { RpcClient } from "../lib/rpc/network.js";
import { readSessionConfig } from "../session/config.js";
import { readAppConfig } from "./config.js";
import { settingsOf } from "./plan.js";

type Admin = RpcClient<typeof DeadLettersService>;
type Print = (line: string) => void;

interface Options {
  readonly address?: string;
  readonly json: boolean;
}

/** Ends the program with a sentence; an empty one when commander has said it already. */
export class AdminError extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

const HELP = `
It finds the session as the services do: by the environment, or in data/ of this directory.
Exit codes: 0 done, 1 refused or not replaced, 2 wrong usage, 4 the session cannot be reached.`;

/** Runs one command of an operator. */
export async function runAdmin(args: readonly string[], print: Print): Promise<void> {
  const program = new Command("chatmesh-admin")
    .description("Looks after the messages that devices could not take in.")
    .option("--address <address>", "where the session's CHAT_SESSION_ADMIN is")
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

async function withSession(
  options: Options,
  run: (admin: Admin, options: Options) => Promise<void>,
): Promise<void> {
  const address = options.address ?? addressInForce();
  const boot = newId("bt");
  const log = silentLogger;
  const network = createNetwork({ instance: "admin", boot, clock: systemClock, log });
  const deadlineMs = limits.replayMs + 5_000;
  const admin = network.client(address, DeadLettersService, { deadlineMs });
  try {
    await run(admin, options);
  } catch (error) {
    throw asAdminError(error, address);
  } finally {
    admin.close();
  }
}

function addressInForce(): string {
  try {
    const what = { names: ["session"] as const, all: false };
    return readSessionConfig(settingsOf(readAppConfig(process.env), what, process.env)).admin;
  } catch (error) {
    if (error instanceof ConfigError) throw new AdminError(error.message, 2);
    throw error;
  }
}

function asAdminError(error: unknown, address: string): unknown {
  if (!(error instanceof RpcError)) return error;
  if (error.reason === ErrorReason.BUSY) {
    return new AdminError(`The session at ${address} does not answer: ${error.message}`, 4);
  }
  return new AdminError(error.message, 1);
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
