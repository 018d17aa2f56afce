import { metrics } from "@opentelemetry/api";
import type { Logger } from "../lib/log.js";

/** What happened, for operators: each a counter and a log line. Ids only: no names, addresses, tokens or passwords. */
export interface AuthEvents {
  registered(user: string, device: string): void;
  loggedIn(user: string, device: string): void;
  refused(rpc: string, reason: string): void;
  refreshed(user: string, device: string, repeated: boolean): void;
  tokenReused(user: string, device: string): void;
  revoked(user: string, device: string, cause: "asked" | "reused" | "too many devices"): void;
  watcherDropped(): void;
}

export function createAuthEvents(log: Logger): AuthEvents {
  const meter = metrics.getMeter("chatmesh.auth");
  const registered = meter.createCounter("auth.registered");
  const loggedIn = meter.createCounter("auth.logged_in");
  const refused = meter.createCounter("auth.refused");
  const refreshed = meter.createCounter("auth.refreshed");
  const reused = meter.createCounter("auth.token_reused");
  const revoked = meter.createCounter("auth.revoked");
  const dropped = meter.createCounter("auth.watcher_dropped");
  return {
    registered(user, device) {
      registered.add(1);
      log.info({ user, device }, "registered");
    },
    loggedIn(user, device) {
      loggedIn.add(1);
      log.info({ user, device }, "logged in");
    },
    refused(rpc, reason) {
      refused.add(1, { rpc, reason });
      // A flood of refusals must not become a flood of lines.
      log.debug({ rpc, reason }, "refused");
    },
    refreshed(user, device, repeated) {
      refreshed.add(1, { repeated });
      log.debug({ user, device, repeated }, "refreshed");
    },
    tokenReused(user, device) {
      reused.add(1);
      log.warn({ user, device }, "a refresh token was used again");
    },
    revoked(user, device, cause) {
      revoked.add(1, { cause });
      log.info({ user, device, cause }, "revoked");
    },
    watcherDropped() {
      dropped.add(1);
      log.warn("a watcher of revocations was too slow and was ended");
    },
  };
}
