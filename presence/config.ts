import { address, integer, readEnv, text } from "../lib/env.js";

/** Every variable of the service, with its default. */
export const presenceEnv = {
  CHAT_PRESENCE_LISTEN: address("unix:data/run/presence.sock", "Where parsers dial this instance."),
  CHAT_PRESENCE_ADMIN: address(
    "unix:data/run/presence-admin.sock",
    "Where operators' tools reach this instance; whoever can connect may use them.",
  ),
  CHAT_PRESENCE_AUTH: address(
    "unix:data/run/auth.sock",
    "Address of auth, which tells who hides his presence from whom.",
  ),
  CHAT_PRESENCE_DIRECTORY: text(
    "data/presence",
    'Where the activity of users is kept; "memory" keeps nothing.',
  ),
  CHAT_PRESENCE_ACTIVE_S: integer(
    10,
    86_400,
    300,
    "A user who has the app open counts as online for this long after he did something, seconds.",
  ),
  CHAT_PRESENCE_KEEP_DAYS: integer(
    1,
    3_650,
    90,
    "Activity is kept, and the last of it shown, for this long.",
  ),
  CHAT_PRESENCE_USERS_MAX_COUNT: integer(
    1_000,
    50_000_000,
    1_000_000,
    "Users kept in memory, about 100 bytes each; of others the store is asked.",
  ),
  CHAT_PRESENCE_POINTS_MAX_COUNT: integer(
    1_000,
    50_000_000,
    1_000_000,
    "Activities that may wait for the store; further ones are lost.",
  ),
  CHAT_PRESENCE_WATCHERS_MAX_COUNT: integer(
    1,
    100_000,
    5_000,
    "Connections that may watch one user; further ones are refused.",
  ),
  CHAT_PRESENCE_WATCHES_MAX_COUNT: integer(
    1,
    10_000_000,
    500_000,
    "Watches of all connections; further ones are refused.",
  ),
  CHAT_PRESENCE_RULES_MEMORY_MIB: integer(
    1,
    65_536,
    512,
    "Memory of who hides his presence from whom, half of it for lists of users, MiB; beyond it more is hidden.",
  ),
};

export interface PresenceConfig {
  readonly listen: string;
  readonly admin: string;
  readonly auth: string;
  readonly directory: string;
  readonly activeS: number;
  readonly keepDays: number;
  readonly usersMax: number;
  readonly pointsMax: number;
  readonly watchersMax: number;
  readonly watchesMax: number;
  readonly rulesBytesMax: number;
}

/** Throws ConfigError when a variable has a wrong value. */
export function readPresenceConfig(
  env: Readonly<Record<string, string | undefined>>,
): PresenceConfig {
  const values = readEnv(env, presenceEnv);
  return Object.freeze({
    listen: values.CHAT_PRESENCE_LISTEN,
    admin: values.CHAT_PRESENCE_ADMIN,
    auth: values.CHAT_PRESENCE_AUTH,
    directory: values.CHAT_PRESENCE_DIRECTORY,
    activeS: values.CHAT_PRESENCE_ACTIVE_S,
    keepDays: values.CHAT_PRESENCE_KEEP_DAYS,
    usersMax: values.CHAT_PRESENCE_USERS_MAX_COUNT,
    pointsMax: values.CHAT_PRESENCE_POINTS_MAX_COUNT,
    watchersMax: values.CHAT_PRESENCE_WATCHERS_MAX_COUNT,
    watchesMax: values.CHAT_PRESENCE_WATCHES_MAX_COUNT,
    rulesBytesMax: values.CHAT_PRESENCE_RULES_MEMORY_MIB * 1024 * 1024,
  });
}
