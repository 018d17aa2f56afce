import { join } from "node:path";
import { z } from "zod";
import { ConfigError, integer, readEnv, text } from "../lib/env.js";

type Env = Readonly<Record<string, string | undefined>>;

/** The variables of the launcher itself; each service's are in its own config.ts. */
export const appEnv = {
  CHAT_APP_DATA_DIRECTORY: text(
    "data",
    "Where everything is kept that no other variable places: one directory per service, and sockets in run/.",
  ),
  CHAT_APP_INSTANCE: text(
    "",
    "Name of this process, other than that of every other one, the same after a restart; empty: its target and -1.",
  ),
  CHAT_APP_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("The lowest level that is logged: trace, debug, info, warn, error or silent."),
  CHAT_APP_LOG_FORMAT: z
    .enum(["pretty", "json"])
    .default("pretty")
    .describe("How --target=mesh prints the logs of the services: pretty or json."),
  CHAT_APP_DRAIN_MS: integer(0, 600_000, 500, "Time clients and peers get to leave, milliseconds."),
  CHAT_APP_STOP_MS: integer(
    100,
    600_000,
    10_000,
    "Time a process has to stop after that, milliseconds; then it is ended.",
  ),
};

export interface AppConfig {
  readonly dataDirectory: string;
  /** Empty when it is the only one of its kind. */
  readonly instance: string;
  readonly logLevel: string;
  readonly logFormat: "pretty" | "json";
  readonly drainMs: number;
  readonly stopMs: number;
}

/** Throws ConfigError when a variable has a wrong value. */
export function readAppConfig(env: Env): AppConfig {
  const read = readEnv(env, appEnv);
  const config = {
    dataDirectory: read.CHAT_APP_DATA_DIRECTORY,
    instance: read.CHAT_APP_INSTANCE,
    logLevel: read.CHAT_APP_LOG_LEVEL,
    logFormat: read.CHAT_APP_LOG_FORMAT,
    drainMs: read.CHAT_APP_DRAIN_MS,
    stopMs: read.CHAT_APP_STOP_MS,
  };
  if (Buffer.byteLength(socketPath(config, "presence-admin")) > SOCKET_PATH_BYTES_MAX) {
    const why = `too long for a socket in it: ${SOCKET_PATH_BYTES_MAX} bytes with run/presence-admin.sock`;
    throw new ConfigError(`CHAT_APP_DATA_DIRECTORY=${config.dataDirectory}: ${why}`);
  }
  return Object.freeze(config);
}

/** What the kernel takes as the address of a unix socket; the smallest bound of the usual systems. */
const SOCKET_PATH_BYTES_MAX = 103;

export function socketPath(config: Pick<AppConfig, "dataDirectory">, service: string): string {
  return join(config.dataDirectory, "run", `${service}.sock`);
}

/** How one process reaches a service unless the environment says otherwise. */
export function defaultAddress(config: AppConfig, service: string, oneProcess: boolean): string {
  return oneProcess ? `local:${service}` : `unix:${socketPath(config, service)}`;
}
