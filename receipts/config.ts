import { address, integer, readEnv, text } from "../lib/env.js";

/** Every variable of the service, with its default. */
export const receiptsEnv = {
  CHAT_RECEIPTS_LISTEN: address("unix:data/run/receipts.sock", "where the service listens"),
  CHAT_RECEIPTS_DIRECTORY: text("data/receipts", 'where its store is; "memory" keeps nothing'),
  CHAT_RECEIPTS_FLUSH_MS: integer(
    0,
    10_000,
    0,
    "least time between two flush rows of one conversation; 0: a commit follows the last at once",
  ),
  CHAT_RECEIPTS_CONVERSATIONS_MAX: integer(
    1,
    10_000_000,
    20_000,
    "conversations kept in memory while nothing is pending in them; a group counts as one for each two of its cursors",
  ),
  CHAT_RECEIPTS_PENDING_MAX: integer(
    1,
    10_000_000,
    65_536,
    "moves waiting to be durable; further ones are dropped and announced again by their owner",
  ),
  CHAT_RECEIPTS_QUESTIONS_MAX: integer(
    1,
    1_000_000,
    8_192,
    "questions waiting for the store; further ones are answered busy or not at all",
  ),
  CHAT_RECEIPTS_LOADS_MAX: integer(1, 1024, 16, "reads of the store at a time, of each kind"),
};

export interface ReceiptsConfig {
  readonly listen: string;
  readonly directory: string;
  readonly flushMs: number;
  readonly conversationsMax: number;
  readonly pendingMax: number;
  readonly questionsMax: number;
  readonly loadsMax: number;
}

/** Throws ConfigError when a variable has a wrong value. */
export function readReceiptsConfig(
  env: Readonly<Record<string, string | undefined>>,
): ReceiptsConfig {
  const read = readEnv(env, receiptsEnv);
  return Object.freeze({
    listen: read.CHAT_RECEIPTS_LISTEN,
    directory: read.CHAT_RECEIPTS_DIRECTORY,
    flushMs: read.CHAT_RECEIPTS_FLUSH_MS,
    conversationsMax: read.CHAT_RECEIPTS_CONVERSATIONS_MAX,
    pendingMax: read.CHAT_RECEIPTS_PENDING_MAX,
    questionsMax: read.CHAT_RECEIPTS_QUESTIONS_MAX,
    loadsMax: read.CHAT_RECEIPTS_LOADS_MAX,
  });
}
