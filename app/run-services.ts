import { join } from "node:path";
import { systemClock } from "../lib/clock.js";
import { newId } from "../lib/ids.js";
import { createLogger, type Logger } from "../lib/log.js";
import { makeDirectory } from "../lib/make-directory.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { AppConfig } from "./config.js";
import { StartError, startAll } from "./lifecycle.js";
import type { ServicePlan } from "./plan.js";
import type { ReadyMessage } from "./supervisor/child.js";

/** Runs services in this process until it is asked to stop. Rejects with StartError when one does not start. */
export async function runServices(app: AppConfig, plan: ServicePlan): Promise<void> {
  const log = createLogger(plan.title, app.logLevel);
  endOnSurprise(log);
  const stopRequested = stopSignal();
  void stopRequested.then(() => endWhenLate(app, log));
  await makeSocketDirectory(join(app.dataDirectory, "run"));

  const boot = newId(plan.names.includes("gateway") ? "gw" : "bt");
  const instance = app.instance || `${plan.title}-1`;
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
  await running.stop(app.drainMs);
  log.info("stopped");
  if (process.connected) process.disconnect();
}

async function makeSocketDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (cause) {
    throw new StartError(`no directory for sockets: ${(cause as Error).message}`, { cause });
  }
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
    // Gone while this process was being loaded, before anybody listened; undefined without a supervisor.
    if (process.connected === false) resolve("the supervisor is gone");
  });
}

/** Counts from the request on: one that is still starting then has to end as well. */
function endWhenLate(app: AppConfig, log: Logger): void {
  setTimeout(() => {
    log.error({ stopMs: app.stopMs }, "did not stop in time");
    // An exit would wait for the threads of the pool, and one that hangs in the kernel may be the reason.
    process.kill(process.pid, "SIGKILL");
  }, app.drainMs + app.stopMs);
}
