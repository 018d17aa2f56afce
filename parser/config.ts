import { address, readEnv } from "../lib/env.js";
import { type Instance, instancesOrNone, oneInstance } from "../lib/rpc/instances.js";

export interface ParserConfig {
  readonly listen: string;
  readonly sessions: readonly Instance[];
  readonly presences: readonly Instance[];
}

/** The keys of this service. */
export const parserEnv = {
  CHAT_PARSER_LISTEN: address("unix:data/run/parser.sock", "Where gateways dial this parser."),
  CHAT_PARSER_SESSIONS: oneInstance("session", "session-1=unix:data/run/session.sock"),
  CHAT_PARSER_PRESENCES: instancesOrNone("presence", "presence-1=unix:data/run/presence.sock"),
};

export function readParserConfig(env: Readonly<Record<string, string | undefined>>): ParserConfig {
  const values = readEnv(env, parserEnv);
  return Object.freeze({
    listen: values.CHAT_PARSER_LISTEN,
    sessions: values.CHAT_PARSER_SESSIONS,
    presences: values.CHAT_PARSER_PRESENCES,
  });
}
