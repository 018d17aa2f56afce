import { address, integer, readEnv, text } from "../lib/env.js";
import { type Instance, oneInstance } from "../lib/rpc/instances.js";

/** Every variable of the auth service. None is a secret: signing keys are made by the service and kept in its store. */
export const authEnv = {
  CHAT_AUTH_LISTEN: address("unix:data/run/auth.sock", "Where the service is served."),
  CHAT_AUTH_DIRECTORY: text(
    "data/auth",
    'Where accounts, devices and signing keys are kept; "memory" keeps nothing.',
  ),
  CHAT_AUTH_ACCESS_LIFE_S: integer(
    10,
    86_400,
    600,
    "Life of an access token, seconds; also how long revocations are told.",
  ),
  CHAT_AUTH_REFRESH_LIFE_S: integer(
    60,
    31_536_000,
    5_184_000,
    "Life of a refresh token, seconds; a device that is silent for longer must log in again.",
  ),
  CHAT_AUTH_DEVICES_MAX_COUNT: integer(
    1,
    1000,
    32,
    "Devices of one user; one more log-in revokes the one unused for longest.",
  ),
  CHAT_AUTH_ARGON2_MEMORY_KIB: integer(
    1024,
    1_048_576,
    19_456,
    "Memory of one argon2id hash, KiB; lower it in tests only.",
  ),
  CHAT_AUTH_ARGON2_PASSES_COUNT: integer(
    1,
    16,
    2,
    "Passes of one argon2id hash; lower it in tests only.",
  ),
  CHAT_AUTH_HASHES_RUNNING_MAX_COUNT: integer(
    1,
    64,
    2,
    "Password hashes at a time; each takes a thread of the pool that the store uses too.",
  ),
  CHAT_AUTH_HASHES_WAITING_MAX_COUNT: integer(
    0,
    100_000,
    128,
    "Password hashes waiting for their turn; above it callers get BUSY.",
  ),
  CHAT_AUTH_LIMIT_WINDOW_S: integer(1, 86_400, 600, "Window of all rate limits, seconds."),
  CHAT_AUTH_LIMIT_REGISTER_ADDRESS_COUNT: integer(
    0,
    1_000_000_000,
    30,
    "Registrations per address and window; 0 for no limit.",
  ),
  CHAT_AUTH_LIMIT_LOGIN_ADDRESS_COUNT: integer(
    0,
    1_000_000_000,
    100,
    "Log-ins per address and window; 0 for no limit.",
  ),
  CHAT_AUTH_LIMIT_LOGIN_NAME_COUNT: integer(
    0,
    1_000_000_000,
    10,
    "Failed log-ins per name and window; 0 for no limit.",
  ),
  CHAT_AUTH_LIMIT_LOOKUP_CALLER_COUNT: integer(
    0,
    1_000_000_000,
    300,
    "Look-ups by name per user and window; 0 for no limit.",
  ),
  CHAT_AUTH_LIMIT_PRIVACY_CALLER_COUNT: integer(
    0,
    1_000_000_000,
    300,
    "Changes of blocks and privacy per user and window; 0 for no limit.",
  ),
  CHAT_AUTH_SESSIONS: oneInstance("session", "session-1=unix:data/run/session.sock"),
};

export interface AuthConfig {
  readonly listen: string;
  readonly directory: string;
  readonly accessLifeMs: number;
  readonly refreshLifeMs: number;
  readonly devicesMax: number;
  readonly hashing: HashingConfig;
  readonly limits: LimitsConfig;
  readonly sessions: readonly Instance[];
}

export interface HashingConfig {
  readonly memoryKib: number;
  readonly passes: number;
  readonly runningMax: number;
  readonly waitingMax: number;
}

export interface LimitsConfig {
  readonly windowMs: number;
  readonly registerPerAddress: number;
  readonly loginPerAddress: number;
  readonly loginPerName: number;
  readonly lookUpPerCaller: number;
  readonly privacyPerCaller: number;
}

/** Reads the config; throws ConfigError with one line when a value is wrong. */
export function readAuthConfig(env: Readonly<Record<string, string | undefined>>): AuthConfig {
  const values = readEnv(env, authEnv);
  return Object.freeze({
    listen: values.CHAT_AUTH_LISTEN,
    directory: values.CHAT_AUTH_DIRECTORY,
    accessLifeMs: values.CHAT_AUTH_ACCESS_LIFE_S * 1000,
    refreshLifeMs: values.CHAT_AUTH_REFRESH_LIFE_S * 1000,
    devicesMax: values.CHAT_AUTH_DEVICES_MAX_COUNT,
    sessions: values.CHAT_AUTH_SESSIONS,
    hashing: Object.freeze({
      memoryKib: values.CHAT_AUTH_ARGON2_MEMORY_KIB,
      passes: values.CHAT_AUTH_ARGON2_PASSES_COUNT,
      runningMax: values.CHAT_AUTH_HASHES_RUNNING_MAX_COUNT,
      waitingMax: values.CHAT_AUTH_HASHES_WAITING_MAX_COUNT,
    }),
    limits: Object.freeze({
      windowMs: values.CHAT_AUTH_LIMIT_WINDOW_S * 1000,
      registerPerAddress: values.CHAT_AUTH_LIMIT_REGISTER_ADDRESS_COUNT,
      loginPerAddress: values.CHAT_AUTH_LIMIT_LOGIN_ADDRESS_COUNT,
      loginPerName: values.CHAT_AUTH_LIMIT_LOGIN_NAME_COUNT,
      lookUpPerCaller: values.CHAT_AUTH_LIMIT_LOOKUP_CALLER_COUNT,
      privacyPerCaller: values.CHAT_AUTH_LIMIT_PRIVACY_CALLER_COUNT,
    }),
  });
}
