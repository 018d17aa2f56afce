import { ParsersService } from "../gen/chat/parser/v1/parser.js";
import type { Clock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import type { Network } from "../lib/rpc/network.js";
import { Activity } from "./activity.js";
import { Answers } from "./answers.js";
import { ClientFrames } from "./client-frames.js";
import type { ParserConfig } from "./config.js";
import { Counters } from "./counters.js";
import { GatewayHandler } from "./gateway-handler.js";
import { Gateways } from "./gateways.js";
import { Inspector } from "./inspect.js";
import { JsonCodec } from "./json.js";
import { PresenceHandler } from "./presence-handler.js";
import { Presences } from "./presences.js";
import { SessionHandler } from "./session-handler.js";
import { Sessions } from "./sessions.js";

const COUNTERS_EVERY_MS = 60_000;
const ACTIVITY_EVERY_MS = 1_000;

export interface ParserDeps {
  readonly config: ParserConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  /** Boot id of this process. */
  readonly boot: string;
}

/** Starts the parser: it dials every instance of session and presence and listens for gateways. */
export async function startParser(deps: ParserDeps): Promise<Module> {
  const { config, network, log } = deps;
  const counters = new Counters();
  const json = new JsonCodec();
  const sessions = new Sessions(config.sessions);
  const several = sessions.all.length > 1;
  const gateways = new Gateways();
  const answers = new Answers({ json, counters });
  const presences = new Presences(config.presences);
  const activity = new Activity({ presences, counters, clock: deps.clock });
  const clients = new ClientFrames({
    ...{ sessions, presences, activity, answers },
    ...{ json, counters, log },
  });
  const handler = new GatewayHandler({
    ...{ gateways, sessions, clients, activity },
    ...{ answers, counters, log },
  });
  const inspector = new Inspector(json);

  const server = network.server(config.listen);
  server.link(linkContract("chat.parser.v1.Parsers"), () => handler);
  server.service(ParsersService, { inspect: async (request) => inspector.inspect(request) });
  await server.start();
  const shared = { gateways, json, counters, log };
  const toSession = linkContract("chat.session.v1.Sessions");
  const toPresence = linkContract("chat.presence.v1.Presences");
  const dialers = [
    ...sessions.all.map((peer) =>
      network.dial(peer.address, toSession, new SessionHandler({ ...shared, peer, several })),
    ),
    ...presences.all.map((peer) =>
      network.dial(peer.address, toPresence, new PresenceHandler({ ...shared, peer })),
    ),
  ];
  const flushing = deps.clock.every(ACTIVITY_EVERY_MS, () => activity.flush());
  const report = reportEvery(deps, counters);
  log.info({ listen: config.listen, sessions: config.sessions, boot: deps.boot }, "parser ready");

  return {
    drain: (delayMs) => server.drain(delayMs),
    async stop() {
      report.cancel();
      flushing.cancel();
      activity.flush();
      for (const dialer of dialers) dialer.close();
      await server.stop();
    },
  };
}

/** Logs what was counted, once a minute and only when something was. */
function reportEvery({ clock, log }: ParserDeps, counters: Counters) {
  let last = "";
  return clock.every(COUNTERS_EVERY_MS, () => {
    const now = JSON.stringify(counters);
    if (now !== last) log.info({ counters: { ...counters } }, "parser counters");
    last = now;
  });
}
