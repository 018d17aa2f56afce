import { address, integer, readEnv, text } from "../lib/env.js";
import { limits } from "../lib/limits.js";
import { type Instance, instances } from "../lib/rpc/instances.js";

/** Every variable of the service, with its default. */
export const groupEnv = {
  CHAT_GROUP_LISTEN: address("unix:data/run/group.sock", "Where the service is served."),
  CHAT_GROUP_DIRECTORY: text(
    "data/group",
    'Where the lists of groups are kept; "memory" keeps nothing.',
  ),
  CHAT_GROUP_SESSIONS: instances("session", "session-1=unix:data/run/session.sock"),
  CHAT_GROUP_AUTH: address("unix:data/run/auth.sock", "Address of the auth service."),
  CHAT_GROUP_MEMBERS_MAX_COUNT: integer(
    2,
    limits.groupMembersMax,
    limits.groupMembersDefault,
    "Members of one group.",
  ),
  CHAT_GROUP_CACHED_MAX_COUNT: integer(1, 1_000_000, 10_000, "Groups kept in memory."),
};

export interface GroupConfig {
  readonly listen: string;
  readonly directory: string;
  readonly sessions: readonly Instance[];
  readonly auth: string;
  readonly membersMax: number;
  readonly cachedMax: number;
}

/** Throws ConfigError when a variable has a wrong value. */
export function readGroupConfig(env: Readonly<Record<string, string | undefined>>): GroupConfig {
  const values = readEnv(env, groupEnv);
  return Object.freeze({
    listen: values.CHAT_GROUP_LISTEN,
    directory: values.CHAT_GROUP_DIRECTORY,
    sessions: values.CHAT_GROUP_SESSIONS,
    auth: values.CHAT_GROUP_AUTH,
    membersMax: values.CHAT_GROUP_MEMBERS_MAX_COUNT,
    cachedMax: values.CHAT_GROUP_CACHED_MAX_COUNT,
  });
}
