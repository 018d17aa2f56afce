import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../lib/clock.js";
import { newId } from "../lib/ids.js";
import { createLogger, type Logger } from "../lib/log.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { AppConfig } from "./config.js";
import { type Running, startAll } from "./lifecycle.js";
import type { ServicePlan } from "./plan.js";
import type { ReadyMessage } from "./supervisor/child.js";

/** Runs services in this process until it is asked to stop. Rejects with StartError when one does not start. */
export async function runServices(app: AppConfig, plan: ServicePlan): Promise<void> {
  const log = createLogger(plan.title, app.logLevel);
  endOnSurprise(log);
  const stopRequested = stopSignal();
  mkdirSync(join(app.dataDirectory, "run"), { recursive: true });

  const boot = newId(plan.names.includes("gateway") ? "gw" : "bt");
  const instance = `${plan.title}-1`;
  const network = createNetwork({ instance, boot, clock: systemClock, log });
  const running = await startAll(
    plan.services.map(({ name, start }) => ({
      name,
      start: () =>
        start({ network, clock: systemClock, boot, log: createLogger(name, app.logLevel) }),
    })),
  );
  log.info({ boot, pid: process.pid }, "serving");
  const ready: ReadyMessage = { ready: true };
  process.send?.(ready);

  log.info({ why: await stopRequested }, "stopping");
  await stopInTime(running, app, log);
}

/** A broken invariant: say it and end, the supervisor starts the process anew from what is durable. */
function endOnSurprise(log: Logger): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (err: unknown) => {
      log.fatal({ err }, event);
      process.exit(1);
    });
  }
}

/**
 * Resolves with the reason when the process is to stop. Under a supervisor Ctrl-C is the supervisor's business, although
 * the terminal sends it to every process; and without its supervisor no service stays behind.
 */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.on("SIGINT", () => {
      if (!process.connected) resolve("SIGINT");
    });
    process.once("disconnect", () => resolve("the supervisor is gone"));
  });
}

async function stopInTime(running: Running, app: AppConfig, log: Logger): Promise<void> {
  const late = setTimeout(() => {
    log.error({ stopMs: app.stopMs }, "did not stop in time");
    process.exit(1);
  }, app.drainMs + app.stopMs);
  await running.stop(app.drainMs);
  clearTimeout(late);
  log.info("stopped");
  if (process.connected) process.disconnect();
}
