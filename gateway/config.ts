import { z } from "zod";
import { address, ConfigError, integer, readEnv, text } from "../lib/env.js";
import { type Instance, instances } from "../lib/rpc/instances.js";
import type { Rate } from "./bucket.js";

const ADDRESS = /^(local:[a-z0-9-]+|unix:.+|[^:\s]+:\d{1,5})$/;
const ORIGIN = /^https?:\/\/[^/\s,]+$/;
const PARSERS = "expected one to 64 addresses separated by commas";

export interface GatewayConfig {
  readonly httpHost: string;
  readonly httpPort: number;
  readonly listen: string;
  readonly parsers: readonly string[];
  readonly auth: string;
  readonly groups: readonly Instance[];
  readonly origins: readonly string[];
  readonly trustForwarded: boolean;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly connectionsMax: number;
  readonly userConnectionsMax: number;
  readonly accepts: Rate;
  readonly addressAccepts: Rate;
  readonly userCalls: Rate;
  readonly frames: Rate;
  readonly bytes: Rate;
  readonly bufferBytes: number;
  readonly stuckMs: number;
  readonly idleMs: number;
  readonly lifetimeMs: number;
  readonly rosterMs: number;
  readonly refusedMs: number;
  readonly authCallsMax: number;
}

/** The keys of this service. */
export const gatewayEnv = {
  CHAT_GATEWAY_HTTP_HOST: text("127.0.0.1", "Interface for clients; 0.0.0.0 for all."),
  CHAT_GATEWAY_HTTP_PORT: integer(0, 65_535, 8080, "Port for clients; 0 for any free one."),
  CHAT_GATEWAY_LISTEN: address("unix:data/run/gateway.sock", "Where gRPC health is served."),
  CHAT_GATEWAY_PARSERS: z
    .string()
    .default("unix:data/run/parser.sock")
    .describe("Addresses of all parsers, separated by commas.")
    .refine((list) => areAddresses(splitList(list)), PARSERS),
  CHAT_GATEWAY_AUTH: address("unix:data/run/auth.sock", "Address of the auth service."),
  CHAT_GATEWAY_GROUPS: instances("group", "group-1=unix:data/run/group.sock"),
  CHAT_GATEWAY_ORIGINS: z
    .string()
    .default("")
    .describe("Origins of web pages that may connect, separated by commas, e.g. https://a.example.")
    .refine((list) => splitList(list).every((origin) => ORIGIN.test(origin)), {
      message: "expected origins like https://chat.example.org, without a path",
    }),
  CHAT_GATEWAY_TRUST_FORWARDED: z
    .enum(["yes", "no"], "expected yes or no")
    .default("no")
    .describe("Whether a proxy in front appends the client's address to X-Forwarded-For."),
  CHAT_GATEWAY_TLS_CERT_FILE: text("", "PEM file of the certificate chain; empty for no TLS."),
  CHAT_GATEWAY_TLS_KEY_FILE: text("", "PEM file of the certificate's key."),
  CHAT_GATEWAY_CONNECTIONS_MAX: integer(1, 1_000_000, 50_000, "Open sockets."),
  CHAT_GATEWAY_USER_CONNECTIONS_MAX: integer(1, 1000, 20, "Open sockets of one user."),
  CHAT_GATEWAY_ACCEPTS_PER_SECOND: integer(1, 1_000_000, 1000, "Upgrades per second."),
  CHAT_GATEWAY_ACCEPTS_BURST: integer(1, 1_000_000, 2000, "Upgrades at once."),
  CHAT_GATEWAY_ADDRESS_ACCEPTS_PER_SECOND: integer(1, 1_000_000, 50, "The same per address."),
  CHAT_GATEWAY_ADDRESS_ACCEPTS_BURST: integer(1, 1_000_000, 500, "The same per address."),
  CHAT_GATEWAY_USER_CALLS_PER_SECOND: integer(
    1,
    1_000_000,
    20,
    "Calls over HTTP that one user may make with his tokens; a change of a group counts ten times.",
  ),
  CHAT_GATEWAY_USER_CALLS_BURST: integer(10, 1_000_000, 1000, "The same at once."),
  CHAT_GATEWAY_FRAMES_PER_SECOND: integer(1, 10_000_000, 200, "Frames of one connection."),
  CHAT_GATEWAY_FRAMES_BURST: integer(1, 10_000_000, 1000, "Frames of one connection at once."),
  CHAT_GATEWAY_BYTES_PER_SECOND: integer(1024, 2 ** 40, 1 << 20, "Bytes of one connection."),
  CHAT_GATEWAY_BYTES_BURST: integer(65_536, 2 ** 40, 8 << 20, "Bytes of one connection at once."),
  CHAT_GATEWAY_BUFFER_BYTES: integer(4096, 1 << 26, 32 << 10, "Unsent bytes before Stalled."),
  CHAT_GATEWAY_STUCK_MS: integer(100, 3_600_000, 30_000, "A stalled socket that takes nothing."),
  CHAT_GATEWAY_IDLE_MS: integer(8000, 960_000, 60_000, "Silence before a socket is cut off."),
  CHAT_GATEWAY_LIFETIME_MS: integer(1000, 86_400_000, 3_600_000, "Longest life of a socket."),
  CHAT_GATEWAY_ROSTER_MS: integer(100, 3_600_000, 15_000, "Time between two full rosters."),
  CHAT_GATEWAY_REFUSED_MS: integer(0, 600_000, 2000, "Frames without room before a socket goes."),
  CHAT_GATEWAY_AUTH_CALLS_MAX: integer(
    1,
    100_000,
    256,
    "Calls of clients to auth and to groups under way, each.",
  ),
};

export function readGatewayConfig(
  env: Readonly<Record<string, string | undefined>>,
): GatewayConfig {
  const read = readEnv(env, gatewayEnv);
  if ((read.CHAT_GATEWAY_TLS_CERT_FILE === "") !== (read.CHAT_GATEWAY_TLS_KEY_FILE === "")) {
    throw new ConfigError("CHAT_GATEWAY_TLS_KEY_FILE: TLS needs a certificate and a key");
  }
  const rate = (name: "ACCEPTS" | "ADDRESS_ACCEPTS" | "USER_CALLS" | "FRAMES" | "BYTES"): Rate => ({
    perSecond: read[`CHAT_GATEWAY_${name}_PER_SECOND`],
    burst: read[`CHAT_GATEWAY_${name}_BURST`],
  });
  return Object.freeze({
    httpHost: read.CHAT_GATEWAY_HTTP_HOST,
    httpPort: read.CHAT_GATEWAY_HTTP_PORT,
    listen: read.CHAT_GATEWAY_LISTEN,
    parsers: splitList(read.CHAT_GATEWAY_PARSERS),
    auth: read.CHAT_GATEWAY_AUTH,
    groups: read.CHAT_GATEWAY_GROUPS,
    origins: splitList(read.CHAT_GATEWAY_ORIGINS),
    trustForwarded: read.CHAT_GATEWAY_TRUST_FORWARDED === "yes",
    tlsCertFile: read.CHAT_GATEWAY_TLS_CERT_FILE,
    tlsKeyFile: read.CHAT_GATEWAY_TLS_KEY_FILE,
    connectionsMax: read.CHAT_GATEWAY_CONNECTIONS_MAX,
    userConnectionsMax: read.CHAT_GATEWAY_USER_CONNECTIONS_MAX,
    accepts: rate("ACCEPTS"),
    addressAccepts: rate("ADDRESS_ACCEPTS"),
    userCalls: rate("USER_CALLS"),
    frames: rate("FRAMES"),
    bytes: rate("BYTES"),
    bufferBytes: read.CHAT_GATEWAY_BUFFER_BYTES,
    stuckMs: read.CHAT_GATEWAY_STUCK_MS,
    idleMs: read.CHAT_GATEWAY_IDLE_MS,
    lifetimeMs: read.CHAT_GATEWAY_LIFETIME_MS,
    rosterMs: read.CHAT_GATEWAY_ROSTER_MS,
    refusedMs: read.CHAT_GATEWAY_REFUSED_MS,
    authCallsMax: read.CHAT_GATEWAY_AUTH_CALLS_MAX,
  });
}

function splitList(list: string): readonly string[] {
  const items = list.split(",").map((item) => item.trim());
  return Object.freeze(items.filter((item) => item !== ""));
}

function areAddresses(list: readonly string[]): boolean {
  return (
    list.length > 0 &&
    list.length <= 64 &&
    new Set(list).size === list.length &&
    list.every((item) => ADDRESS.test(item))
  );
}
