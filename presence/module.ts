import { PrivaciesService } from "../gen/chat/auth/v1/privacy.js";
import { ActivitiesService, PresencesService } from "../gen/chat/presence/v1/presence.js";
import type { Clock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import { Feed } from "../lib/rpc/feed.js";
import { createGuard } from "../lib/rpc/guard.js";
import type { Network } from "../lib/rpc/network.js";
import type { OpenEngine } from "../lib/store/engine.js";
import { serveFrom } from "../lib/store/format.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import type { PresenceConfig } from "./config.js";
import { Events } from "./events.js";
import { getPresence } from "./handlers/get-presence.js";
import { listActivity } from "./handlers/list-activity.js";
import { Presence } from "./presence.js";
import { Retention } from "./retention.js";
import { Rules } from "./rules.js";
import { ParserLink } from "./service.js";
import { LEVEL_FORMAT, levelPresenceStore } from "./store-level.js";

const TICK_MS = 1_000;

export interface PresenceModuleDeps {
  readonly config: PresenceConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to below 1, for jitter. */
  readonly random?: () => number;
  /** Opens the database instead of the directory: for the simulation. */
  readonly open?: OpenEngine;
}

/** Opens the store, then listens for parsers and operators. Rejects with a clear error when one of them cannot be had. */
export async function startPresence(deps: PresenceModuleDeps): Promise<Module> {
  const { config, clock, log, open } = deps;
  const store = { directory: config.directory, log, clock, open };
  return serveFrom(store, LEVEL_FORMAT, (kv) => serve(deps, kv));
}

async function serve(deps: PresenceModuleDeps, kv: KeyValueStore): Promise<Module> {
  const { config, network, clock, log } = deps;
  const store = levelPresenceStore(kv);
  const events = new Events(log);
  const { rules, ...following } = followRules(deps, events);
  await following.heard;
  const presence = new Presence({ store, clock, events, audience: rules, limits: config });
  const parsers = new ParserLink({ presence, events, clock });
  const server = network.server(config.listen);
  server.link(linkContract("chat.presence.v1.Presences"), () => parsers);
  server.service(PresencesService, {});
  const admin = network.server(config.admin);
  const guard = createGuard({ log, events: { refused() {} }, keeps: "activity" });
  admin.service(ActivitiesService, {
    listActivity: guard.unary("ListActivity", listActivity({ store, clock })),
    getPresence: guard.unary("GetPresence", getPresence({ presence, store, clock })),
  });
  try {
    await server.start();
    await admin.start();
  } catch (error) {
    following.stop();
    await admin.stop();
    await server.stop();
    throw error;
  }
  const retention = new Retention({ store, clock, events, keepDays: config.keepDays });
  const ticking = clock.every(TICK_MS, () => parsers.tick());
  return {
    drain: (delayMs) => server.drain(delayMs),
    async stop() {
      following.stop();
      await admin.stop();
      await server.stop();
      ticking.cancel();
      await retention.stop();
      await presence.stop();
      await store.close();
      log.info({ counts: events.counts }, "presence stopped");
    },
  };
}

const AUTH_DEADLINE_MS = 3_000;
/** Without auth nobody is shown: whoever asks may as well wait this long. */
const HEARD_MS = 5_000;

/** Who hides what from whom, as long as this runs; `heard` when all of it was told, or that takes too long. */
function followRules(
  { config, network, clock, log, random = Math.random }: PresenceModuleDeps,
  events: Events,
) {
  const rules = new Rules({ events, bytesMax: config.rulesBytesMax });
  let onHeard = () => {};
  const heard = new Promise<void>((resolve) => {
    onHeard = resolve;
  });
  const giveUp = clock.after(HEARD_MS, onHeard);
  const options = { deadlineMs: AUTH_DEADLINE_MS };
  const auth = network.client(config.auth, PrivaciesService, options);
  const feed = new Feed({
    name: "who hides his presence",
    watch: (signal) => auth.watchAudiences({}, { signal }),
    begin: () => rules.begin(),
    take: (told) => {
      rules.take(told.rules, told.complete);
      if (told.complete) onHeard();
    },
    clock,
    log,
    random,
  });
  feed.start();
  const stop = () => {
    giveUp.cancel();
    feed.stop();
    auth.close();
  };
  return { rules, heard, stop };
}
