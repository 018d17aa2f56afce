import { randomBytes } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callSuite } from "./calls.suite.js";
import { dialSuite, linkSuite, type Transport } from "./network.suite.js";

let locals = 0;

const transports: Transport[] = [
  { name: "a local address", oneNetwork: true, newAddress: async () => `local:t${++locals}` },
  { name: "TCP", oneNetwork: false, newAddress: freePort },
  {
    name: "a Unix socket",
    oneNetwork: false,
    newAddress: async () => `unix:${join(tmpdir(), `cm-${randomBytes(6).toString("hex")}.sock`)}`,
  },
];

for (const transport of transports) {
  linkSuite(transport);
  dialSuite(transport);
  callSuite(transport);
}

/** A port that was free a moment ago. */
function freePort(): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(`127.0.0.1:${port}`));
    });
  });
}
