import { address, ConfigError, integer, readEnv, text } from "../lib/env.js";
import { limits } from "../lib/limits.js";
import { type Instance, instances, oneInstance } from "../lib/rpc/instances.js";

/** Every variable of the service, with its default. */
export const groupEnv = {
  CHAT_GROUP_LISTEN: address("unix:data/run/group.sock", "Where the service is served."),
  CHAT_GROUP_DIRECTORY: text(
    "data/group",
    'Where the lists of groups are kept; "memory" keeps nothing.',
  ),
  CHAT_GROUP_NAME: text(
    "group-1",
    "Name of this instance. One that CHAT_GROUP_INSTANCES does not name hands its lists over to those it names.",
  ),
  CHAT_GROUP_INSTANCES: instances("group", "group-1=unix:data/run/group.sock"),
  CHAT_GROUP_SESSIONS: oneInstance("session", "session-1=unix:data/run/session.sock"),
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
  readonly name: string;
  readonly instances: readonly Instance[];
  readonly sessions: readonly Instance[];
  readonly auth: string;
  readonly membersMax: number;
  readonly cachedMax: number;
}

/** Throws ConfigError when a variable has a wrong value. */
export function readGroupConfig(env: Readonly<Record<string, string | undefined>>): GroupConfig {
  const values = readEnv(env, groupEnv);
  const { CHAT_GROUP_NAME: name, CHAT_GROUP_INSTANCES: all } = values;
  const here = all.find((one) => one.address === values.CHAT_GROUP_LISTEN);
  if (here !== undefined && here.name !== name) {
    throw new ConfigError(`CHAT_GROUP_NAME=${name}: CHAT_GROUP_INSTANCES calls it ${here.name}`);
  }
  return Object.freeze({
    listen: values.CHAT_GROUP_LISTEN,
    directory: values.CHAT_GROUP_DIRECTORY,
    name,
    instances: all,
    sessions: values.CHAT_GROUP_SESSIONS,
    auth: values.CHAT_GROUP_AUTH,
    membersMax: values.CHAT_GROUP_MEMBERS_MAX_COUNT,
    cachedMax: values.CHAT_GROUP_CACHED_MAX_COUNT,
  });
}
