import { address, readEnv } from "../lib/env.js";
import { type Instance, instances } from "../lib/rpc/instances.js";

export interface ParserConfig {
  readonly listen: string;
  readonly sessions: readonly Instance[];
}

/** The keys of this service. */
export const parserEnv = {
  CHAT_PARSER_LISTEN: address("unix:data/run/parser.sock", "Where gateways dial this parser."),
  CHAT_PARSER_SESSIONS: instances("session", "session-1=unix:data/run/session.sock"),
};

export function readParserConfig(env: Readonly<Record<string, string | undefined>>): ParserConfig {
  const values = readEnv(env, parserEnv);
  return Object.freeze({
    listen: values.CHAT_PARSER_LISTEN,
    sessions: values.CHAT_PARSER_SESSIONS,
  });
}
