import { z } from "zod";
import { address, readEnv } from "../lib/env.js";

const ADDRESS = /^(local:[a-z0-9-]+|unix:.+|[^:\s=]+:\d{1,5})$/;
const INSTANCE = /^[a-z0-9-]{1,64}$/;

/** Where a session instance listens; its name places it on the ring. */
export interface SessionAddress {
  readonly name: string;
  readonly address: string;
}

export interface ParserConfig {
  readonly listen: string;
  readonly sessions: readonly SessionAddress[];
}

const SESSIONS =
  "expected a list like session-1=unix:<path>,session-2=<host>:<port> with distinct names";

/** The keys of this service. */
export const parserEnv = {
  CHAT_PARSER_LISTEN: address("unix:data/run/parser.sock", "Where gateways dial this parser."),
  CHAT_PARSER_SESSIONS: z
    .string()
    .default("session-1=unix:data/run/session.sock")
    .describe(
      "All session instances, as name=address, separated by commas. The names make the ring.",
    )
    .transform((list, context) => {
      const sessions = parseSessions(list);
      if (sessions) return sessions;
      context.addIssue({ code: "custom", message: SESSIONS });
      return z.NEVER;
    }),
};

export function readParserConfig(env: Readonly<Record<string, string | undefined>>): ParserConfig {
  const values = readEnv(env, parserEnv);
  return Object.freeze({
    listen: values.CHAT_PARSER_LISTEN,
    sessions: values.CHAT_PARSER_SESSIONS,
  });
}

/** An address without a name is called after its place in the list: session-1, session-2, … */
function parseSessions(list: string): readonly SessionAddress[] | undefined {
  const sessions = list.split(",").map((item, index) => {
    const [, name, address] = /^(?:([^=:]*)=)?(.*)$/.exec(item.trim()) ?? [];
    return Object.freeze({ name: name ?? `session-${index + 1}`, address: address ?? "" });
  });
  const names = new Set(sessions.map(({ name }) => name));
  const good = sessions.every((s) => INSTANCE.test(s.name) && ADDRESS.test(s.address));
  return good && names.size === sessions.length ? Object.freeze(sessions) : undefined;
}
