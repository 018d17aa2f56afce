import { chmod } from "node:fs/promises";
import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { PrivaciesService } from "../gen/chat/auth/v1/privacy.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import type { Network } from "../lib/rpc/network.js";
import { serveFrom } from "../lib/store/format.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import type { AuthConfig } from "./config.js";
import { createAuthEvents } from "./events.js";
import { createPasswords } from "./passwords.js";
import { startPrivacies } from "./privacies.js";
import { createPrivacyHandlers } from "./privacy-service.js";
import { createRateLimits } from "./rate-limits.js";
import { openRevocationFeed } from "./revocations.js";
import { createAuthHandlers } from "./service.js";
import { openSigningKeys } from "./signing-keys.js";
import { createLevelStore, LEVEL_FORMAT } from "./store-level.js";
import { createTokenIssuer } from "./tokens.js";

export interface AuthModuleDeps {
  readonly config: AuthConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  readonly boot: string;
}

/** Opens the store, serves Auth; rejects with one clear sentence when either is not possible, and leaves nothing open. */
export async function startAuth(deps: AuthModuleDeps): Promise<Module> {
  const { clock, log, config } = deps;
  const { directory } = config;
  return serveFrom({ directory, log, clock }, LEVEL_FORMAT, async (kv) => {
    if (directory !== "memory") await closeToOthers(directory, log);
    return serve(deps, kv);
  });
}

/** Private keys and password hashes are in there: nobody else on this machine needs to read them. */
async function closeToOthers(directory: string, log: Logger): Promise<void> {
  try {
    await chmod(directory, 0o700);
  } catch (error) {
    log.warn({ err: error }, "cannot close the directory of auth to other users of this machine");
  }
}

async function serve(deps: AuthModuleDeps, kv: KeyValueStore): Promise<Module> {
  const { config, network, clock, log } = deps;
  const store = createLevelStore(kv);
  const events = createAuthEvents(log);
  const keys = await openSigningKeys(store, clock.wallMs());
  const passwords = await createPasswords(config.hashing);
  const feed = await openRevocationFeed({
    store,
    clock,
    events,
    accessLifeMs: config.accessLifeMs,
  });
  const shared = { events, clock, log, limits: createRateLimits(config.limits) };
  const handlers = createAuthHandlers({
    ...shared,
    store,
    passwords,
    feed,
    tokens: createTokenIssuer({ keys, ...config }),
    devicesMax: config.devicesMax,
    jwks: keys.jwks,
  });
  const privacy = startPrivacies({ ...deps, sessions: config.sessions }, kv);
  const server = network.server(config.listen);
  server.service(AuthService, handlers);
  server.service(
    PrivaciesService,
    createPrivacyHandlers({ ...shared, ...privacy, accounts: store }),
  );
  try {
    await server.start();
  } catch (error) {
    feed.close();
    privacy.stop();
    throw error;
  }
  log.info({ boot: deps.boot, kid: keys.kid }, "auth is ready");
  return {
    drain: (delayMs) => server.drain(delayMs),
    async stop() {
      feed.close();
      privacy.audiences.close();
      await server.stop();
      privacy.stop();
      await kv.close();
    },
  };
}
