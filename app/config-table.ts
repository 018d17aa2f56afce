import { appEnv } from "./config.js";
import { serviceNames, services } from "./modules.js";
import { explain } from "./print-config.js";

/** docs/config.md: every variable of every service. `make docs` writes it, test/documents.test.ts compares it. */
export function configTable(): string {
  const sections = [
    section("Launcher", appEnv),
    ...serviceNames.map((name) => section(name, services[name].env)),
  ];
  return `# Configuration

Everything is set in the environment; \`node dist/app/main.js --print-config\` shows the values in force. A wrong value is one line on
stderr and exit code 2. Defaults that name \`data/\` follow \`CHAT_APP_DATA_DIRECTORY\`, and with \`--target=all\` the addresses of
services are \`local:<service>\`. An address is \`local:<name>\` (same process), \`unix:<path>\` or \`<host>:<port>\`.
This page is written by \`make docs\`.
${sections.join("")}`;
}

function section(title: string, schema: object): string {
  const rows = Object.entries(schema).map(([name, type]) => {
    const { description, fallback } = explain(type);
    return `| \`${name}\` | ${fallback === "" ? "" : `\`${fallback}\``} | ${description} |\n`;
  });
  return `\n## ${title}\n\n| variable | default | meaning |\n|---|---|---|\n${rows.join("")}`;
}
