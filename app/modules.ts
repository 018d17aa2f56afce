import { join } from "node:path";
import type { z } from "zod";
import { authEnv, readAuthConfig } from "../auth/config.js";
import { gatewayEnv, readGatewayConfig } from "../gateway/config.js";
import { groupEnv, readGroupConfig } from "../group/config.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import type { Network } from "../lib/rpc/network.js";
import { parserEnv, readParserConfig } from "../parser/config.js";
import { presenceEnv, readPresenceConfig } from "../presence/config.js";
import { readReceiptsConfig, receiptsEnv } from "../receipts/config.js";
import { readSessionConfig, sessionEnv } from "../session/config.js";

type Env = Readonly<Record<string, string | undefined>>;

/** What every module gets besides its config. */
export interface ModuleDeps {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  /** Boot id of this process. */
  readonly boot: string;
}

/** Where this process finds services and keeps data, unless the environment says otherwise. */
export interface Placement {
  address(service: ServiceName): string;
  /** Where operators' tools find a service, however the services reach each other. */
  adminAddress(service: "session" | "presence"): string;
  readonly dataDirectory: string;
}

/**
 * The one dependency table: every service, what it calls, where its config comes from, how it starts. A module is loaded only
 * in a process that runs it.
 */
const table = {
  auth: service({
    needs: [],
    env: authEnv,
    defaults: ({ address, dataDirectory }) => ({
      CHAT_AUTH_LISTEN: address("auth"),
      CHAT_AUTH_DIRECTORY: join(dataDirectory, "auth"),
      CHAT_AUTH_SESSIONS: `session-1=${address("session")}`,
    }),
    read: readAuthConfig,
    load: async () => (await import("../auth/module.js")).startAuth,
  }),
  receipts: service({
    needs: [],
    env: receiptsEnv,
    defaults: ({ address, dataDirectory }) => ({
      CHAT_RECEIPTS_LISTEN: address("receipts"),
      CHAT_RECEIPTS_DIRECTORY: join(dataDirectory, "receipts"),
    }),
    read: readReceiptsConfig,
    load: async () => (await import("../receipts/module.js")).startReceipts,
  }),
  session: service({
    needs: ["auth", "receipts"],
    env: sessionEnv,
    defaults: ({ address, adminAddress, dataDirectory }) => ({
      CHAT_SESSION_LISTEN: address("session"),
      CHAT_SESSION_ADMIN: adminAddress("session"),
      CHAT_SESSION_DIRECTORY: join(dataDirectory, "session"),
      CHAT_SESSION_AUTH: address("auth"),
      CHAT_SESSION_RECEIPTS: address("receipts"),
    }),
    read: readSessionConfig,
    load: async () => (await import("../session/module.js")).startSession,
  }),
  group: service({
    needs: ["auth", "session"],
    env: groupEnv,
    defaults: ({ address, dataDirectory }) => ({
      CHAT_GROUP_LISTEN: address("group"),
      CHAT_GROUP_DIRECTORY: join(dataDirectory, "group"),
      CHAT_GROUP_AUTH: address("auth"),
      CHAT_GROUP_INSTANCES: `group-1=${address("group")}`,
      CHAT_GROUP_SESSIONS: `session-1=${address("session")}`,
    }),
    read: readGroupConfig,
    load: async () => (await import("../group/module.js")).startGroup,
  }),
  presence: service({
    needs: ["auth"],
    env: presenceEnv,
    defaults: ({ address, adminAddress, dataDirectory }) => ({
      CHAT_PRESENCE_LISTEN: address("presence"),
      CHAT_PRESENCE_ADMIN: adminAddress("presence"),
      CHAT_PRESENCE_AUTH: address("auth"),
      CHAT_PRESENCE_DIRECTORY: join(dataDirectory, "presence"),
    }),
    read: readPresenceConfig,
    load: async () => (await import("../presence/module.js")).startPresence,
  }),
  parser: service({
    needs: ["presence", "session"],
    env: parserEnv,
    defaults: ({ address }) => ({
      CHAT_PARSER_LISTEN: address("parser"),
      CHAT_PARSER_SESSIONS: `session-1=${address("session")}`,
      CHAT_PARSER_PRESENCES: `presence-1=${address("presence")}`,
    }),
    read: readParserConfig,
    load: async () => (await import("../parser/module.js")).startParser,
  }),
  gateway: service({
    needs: ["auth", "group", "parser"],
    env: gatewayEnv,
    defaults: ({ address }) => ({
      CHAT_GATEWAY_AUTH: address("auth"),
      CHAT_GATEWAY_GROUPS: `group-1=${address("group")}`,
      CHAT_GATEWAY_LISTEN: address("gateway"),
      CHAT_GATEWAY_PARSERS: address("parser"),
    }),
    read: readGatewayConfig,
    load: async () => (await import("../gateway/module.js")).startGateway,
  }),
};

export type ServiceName =
  | "auth"
  | "receipts"
  | "session"
  | "group"
  | "presence"
  | "parser"
  | "gateway";
export const services: Readonly<Record<ServiceName, Service>> = table;

/** In the order of need. */
export const serviceNames = inOrderOfNeed(services);

export function isService(name: string): name is ServiceName {
  return Object.hasOwn(services, name);
}

/** One row of the table, the type of its config hidden. */
export interface Service {
  readonly needs: readonly ServiceName[];
  readonly env: z.ZodRawShape;
  readonly defaults: (placement: Placement) => Readonly<Record<string, string>>;
  /** Reads the config, throws ConfigError when it is wrong, and gives what starts the module with it. */
  configure(env: Env): (deps: ModuleDeps) => Promise<Module>;
}

type Row<C> = Omit<Service, "configure"> & {
  readonly read: (env: Env) => C;
  readonly load: () => Promise<(deps: ModuleDeps & { readonly config: C }) => Promise<Module>>;
};

function service<C>({ needs, env, defaults, read, load }: Row<C>): Service {
  return {
    needs,
    env,
    defaults,
    configure(values) {
      const config = read(values);
      return async (deps) => (await load())({ ...deps, config });
    },
  };
}

function inOrderOfNeed(rows: Readonly<Record<ServiceName, Service>>): readonly ServiceName[] {
  const order: ServiceName[] = [];
  const visit = (name: ServiceName) => {
    if (order.includes(name)) return;
    rows[name].needs.forEach(visit);
    order.push(name);
  };
  (Object.keys(rows) as ServiceName[]).forEach(visit);
  return order;
}
