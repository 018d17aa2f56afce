import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { systemClock } from "../lib/clock.js";
import { welcome } from "./banner.js";
import type { AppConfig } from "./config.js";
import { isReady } from "./gateway-url.js";
import { serviceNames } from "./modules.js";
import { createPrefixer } from "./supervisor/prefix.js";
import { type Supervisor, superviseServices } from "./supervisor/supervisor.js";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

/** Runs every service as a process of its own until it is asked to stop. Rejects with StartError when one fails at start. */
export async function runMesh(app: AppConfig, gatewayUrl: string): Promise<void> {
  const colours = process.stdout.isTTY === true && pc.isColorSupported;
  const prefixed = createPrefixer([...serviceNames, "mesh"], colours);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const asked = stopSignal();
  const supervisor = superviseServices({
    services: serviceNames,
    clock: systemClock,
    spawn: (service) =>
      spawn(process.execPath, ["--enable-source-maps", MAIN, `--target=${service}`], {
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      }),
    line: (service, line) => print(app.logFormat === "json" ? line : prefixed(service, line)),
    say: (text) => print(prefixed("mesh", text)),
  });
  // A timer that does nothing: while all services wait for their restart, nothing else keeps this process alive.
  const alive = setInterval(() => {}, 60_000);
  const perServiceMs = app.drainMs + app.stopMs;

  try {
    const first = await Promise.race([serving(supervisor, gatewayUrl), asked]);
    if (first === "serving") print(welcome(gatewayUrl, colours));
    const why = await asked;
    print(prefixed("mesh", `${why}: stopping; once more ends it at once`));
    process.on("SIGINT", () => supervisor.kill());
  } finally {
    await supervisor.stop(perServiceMs);
    clearInterval(alive);
  }
}

async function serving(supervisor: Supervisor, gatewayUrl: string): Promise<"serving"> {
  await supervisor.ready;
  // The gateway is ready when it has a link to the parser and the keys of auth: then the whole chain is.
  while (!(await isReady(gatewayUrl))) await new Promise((resolve) => setTimeout(resolve, 50));
  return "serving";
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => resolve(signal));
    }
  });
}
