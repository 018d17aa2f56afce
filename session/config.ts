import { address, integer, readEnv, text } from "../lib/env.js";
import { limits } from "../lib/limits.js";

/** Every variable of the service, with its default. */
export const sessionEnv = {
  CHAT_SESSION_LISTEN: address("unix:data/run/session.sock", "where parsers dial this instance"),
  CHAT_SESSION_ADMIN: address(
    "unix:data/run/admin.sock",
    "where operators' tools reach this instance; whoever can connect may use them",
  ),
  CHAT_SESSION_DIRECTORY: text("data/session", 'where its store is; "memory" keeps nothing'),
  CHAT_SESSION_RECEIPTS: address("unix:data/run/receipts.sock", "address of receipts"),
  CHAT_SESSION_AUTH: address("unix:data/run/auth.sock", "address of auth"),
  CHAT_SESSION_ATTENTION_MS: integer(
    1_000,
    3_600_000,
    limits.attentionMs,
    "a conversation that was quiet for this long closes",
  ),
  CHAT_SESSION_CURSOR_FLUSH_MS: integer(
    100,
    600_000,
    limits.cursorFlushMs,
    "device cursors are stored at least this often",
  ),
  CHAT_SESSION_ADVANCE_MS: integer(
    0,
    1_000,
    limits.advanceMs,
    "while many cursors rise, receipts is told of them at most this often",
  ),
};

export interface SessionConfig {
  readonly listen: string;
  readonly admin: string;
  readonly directory: string;
  readonly receipts: string;
  readonly auth: string;
  readonly attentionMs: number;
  readonly cursorFlushMs: number;
  readonly advanceMs: number;
}

/** Throws ConfigError when a variable has a wrong value. */
export function readSessionConfig(
  env: Readonly<Record<string, string | undefined>>,
): SessionConfig {
  const read = readEnv(env, sessionEnv);
  return Object.freeze({
    listen: read.CHAT_SESSION_LISTEN,
    admin: read.CHAT_SESSION_ADMIN,
    directory: read.CHAT_SESSION_DIRECTORY,
    receipts: read.CHAT_SESSION_RECEIPTS,
    auth: read.CHAT_SESSION_AUTH,
    attentionMs: read.CHAT_SESSION_ATTENTION_MS,
    cursorFlushMs: read.CHAT_SESSION_CURSOR_FLUSH_MS,
    advanceMs: read.CHAT_SESSION_ADVANCE_MS,
  });
}
