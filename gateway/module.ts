import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { PrivaciesService } from "../gen/chat/auth/v1/privacy.js";
import type { Clock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import type { Network, RpcClient } from "../lib/rpc/network.js";
import { createVerifier } from "../lib/token.js";
import { Access } from "./access.js";
import { Admission } from "./admission.js";
import { Buckets } from "./buckets.js";
import type { GatewayConfig } from "./config.js";
import { announceDrain, awaitDrain, endAll } from "./draining.js";
import { Edge } from "./edge.js";
import { GroupClients } from "./group-clients.js";
import { Origins } from "./origins.js";
import { PublicApi, type SharedByApis } from "./public-api.js";
import {
  type PublicService,
  publicAbout,
  publicAuth,
  publicBlocks,
  publicContacts,
  publicGroups,
  publicPrivacy,
} from "./public-json.js";
import { Revocations } from "./revocations.js";
import { Routes, type RoutesDeps } from "./routes.js";
import type { CreateSockets, SocketsHandler } from "./sockets.js";
import { answerKeys } from "./token-keys.js";
import { type Seat, Upgrades } from "./upgrades.js";
import { writeActed } from "./uplink.js";
import { createSockets } from "./websocket-server.js";

const AUTH_DEADLINE_MS = 5000;
/** Larger than a frame may be, so that the gateway itself can say so with a close code. */
const MESSAGE_BYTES_MAX = 4 * limits.frameBytesMax;
const COUNTERS_EVERY_MS = 60_000;

export interface GatewayDeps {
  readonly config: GatewayConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  /** Id of this gateway on the mesh, `gw_…`: the boot id of the network it dials with. */
  readonly boot: string;
  /** For tests. */
  readonly sockets?: CreateSockets;
  /** From 0 to below 1, for jitter. */
  readonly random?: () => number;
}

/** The gateway, and the port it listens on for clients. */
export interface Gateway extends Module {
  readonly port: number;
}

/** Listens for clients; dials the parsers and auth. */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { config, network, clock, log, random = Math.random } = deps;
  const parts = assemble(deps, random);
  const { edge, revocations, closeClients, state, handler } = parts;
  const server = network.server(config.listen);
  const sockets = (deps.sockets ?? createSockets)(
    {
      idleMs: config.idleMs,
      messageBytesMax: MESSAGE_BYTES_MAX,
      bufferBytesMax: 2 * config.bufferBytes + MESSAGE_BYTES_MAX,
      certFile: config.tlsCertFile,
      keyFile: config.tlsKeyFile,
    },
    handler,
  );
  await server.start();
  let port: number;
  try {
    port = await sockets.listen(config.httpHost, config.httpPort);
  } catch (error) {
    edge.stop();
    closeClients();
    await server.stop();
    throw error;
  }
  const contract = linkContract("chat.parser.v1.Parsers");
  const dialers = config.parsers.map((address) => network.dial(address, contract, edge));
  revocations.start();
  const report = reportEvery({ clock, log, edge });
  log.info(
    { port, listen: config.listen, parsers: config.parsers, boot: deps.boot },
    "gateway ready",
  );
  const drainDeps = { connections: edge.connections, clock, random, end: edge.end };

  return {
    port,
    async drain(delayMs) {
      state.draining = true;
      server.drain(delayMs);
      sockets.stopListening();
      announceDrain(drainDeps, delayMs);
      await awaitDrain(drainDeps, delayMs);
    },
    async stop() {
      state.draining = true;
      sockets.stopListening();
      report.cancel();
      revocations.stop();
      endAll(edge.connections, edge.end);
      edge.stop();
      // The close frames leave in this iteration of the event loop; the sockets are cut off in a later one.
      await new Promise((resolve) => setImmediate(resolve));
      sockets.close();
      for (const dialer of dialers) dialer.close();
      closeClients();
      await server.stop();
    },
  };
}

function assemble({ config, network, clock, log }: GatewayDeps, random: () => number) {
  const later = (run: () => void) => void setImmediate(run);
  const edge = new Edge({ config, clock, random, later });
  const client = network.client(config.auth, AuthService, { deadlineMs: AUTH_DEADLINE_MS });
  const revocations = new Revocations({
    watch: (signal) => client.watchRevocations({}, { signal }),
    clock,
    log,
    random,
    revoked: (user, device) => edge.revoked(user, device),
  });
  const verifier = createVerifier({
    keys: async () => (await client.getKeys({})).jwksJson,
    clock,
  });
  const access = new Access({ verifier, revocations });
  const origins = new Origins(config.origins);
  const state = { draining: false };
  const unready = () => {
    const missing: string[] = [];
    if (state.draining) missing.push("shutting down");
    if (!edge.links.any) missing.push("no parser");
    else if (!edge.links.reachSession) missing.push("no session");
    if (!verifier.ready) missing.push("no token keys");
    return missing;
  };
  const { connections, counters } = edge;
  const admission = new Admission({ ...config, connections, clock, random });
  const { trustForwarded } = config;
  const upgrades = new Upgrades({ admission, access, origins, counters, trustForwarded, unready });
  const groups = new GroupClients(network, config.groups);
  const rates = new Buckets(config.userCalls, clock);
  const acted = (user: string) => writeActed(edge.links.any, user);
  const shared = { access, rates, trustForwarded, callsMax: config.authCallsMax, acted };
  const privacies = network.client(config.auth, PrivaciesService, { deadlineMs: AUTH_DEADLINE_MS });
  const apis = {
    auth: new PublicApi({ ...shared, service: publicAuth, clientFor: () => client }),
    groups: new PublicApi({ ...shared, service: publicGroups, clientFor: (of) => groups.for(of) }),
    ...privacyApis(shared, privacies),
  };
  const keys: RoutesDeps["keys"] = (exchange, headers) => answerKeys(client, exchange, headers);
  const routes = new Routes({ apis, keys, origins, unready });
  const closeClients = () => {
    client.close();
    groups.close();
    privacies.close();
  };
  const handler = handlerOf(edge, upgrades, routes);
  return { edge, closeClients, revocations, state, handler };
}

function privacyApis(shared: SharedByApis, client: RpcClient<typeof PrivaciesService>) {
  const api = (service: PublicService) =>
    new PublicApi({ ...shared, service, clientFor: () => client });
  return {
    about: api(publicAbout),
    blocks: api(publicBlocks),
    contacts: api(publicContacts),
    privacy: api(publicPrivacy),
  };
}

function handlerOf(edge: Edge, upgrades: Upgrades, routes: Routes): SocketsHandler<Seat> {
  return {
    upgrade: (exchange) => upgrades.handle(exchange),
    request: (exchange) => routes.handle(exchange),
    open: (seat, socket) => edge.open(seat, socket),
    message: (seat, data, isBinary) => edge.message(seat, data, isBinary),
    drained: (seat) => edge.drained(seat),
    closed: (seat) => edge.closed(seat),
  };
}

/** Logs what was counted, once a minute and only when something was. */
function reportEvery({ clock, log, edge }: { clock: Clock; log: Logger; edge: Edge }) {
  let last = "";
  return clock.every(COUNTERS_EVERY_MS, () => {
    const now = JSON.stringify(edge.counters);
    const connections = edge.connections.size;
    if (now !== last) log.info({ connections, counters: { ...edge.counters } }, "gateway counters");
    last = now;
  });
}
