import { readGatewayConfig } from "../gateway/config.js";
import { ConfigError } from "../lib/env.js";
import { readAppConfig } from "./config.js";
import { gatewayUrl } from "./gateway-url.js";
import { StartError } from "./lifecycle.js";
import { serviceNames } from "./modules.js";
import { readOptions } from "./options.js";
import { planServices, schemaOf, settingsOf } from "./plan.js";
import { printConfig } from "./print-config.js";
import { runMesh } from "./run-mesh.js";
import { runServices } from "./run-services.js";

async function main(): Promise<void> {
  const { target, printConfig: onlyPrint } = readOptions(process.argv.slice(2));
  const app = readAppConfig(process.env);
  const what = target.kind === "services" ? target : { names: serviceNames, all: false };
  // Read even where other processes will run them: a wrong value is to be found before anything starts.
  const plan = planServices(app, what, process.env);
  if (onlyPrint) {
    const settings = settingsOf(app, what, process.env);
    process.stdout.write(printConfig(schemaOf(what.names), settings));
  } else if (target.kind === "services") {
    await runServices(app, plan);
  } else {
    const settings = settingsOf(app, what, process.env);
    await runMesh(app, gatewayUrl(readGatewayConfig(settings)));
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    const expected = error instanceof ConfigError || error instanceof StartError;
    process.stderr.write(`${expected ? error.message : error.stack}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  },
);
