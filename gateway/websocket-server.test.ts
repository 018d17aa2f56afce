import assert from "node:assert/strict";
import type { SocketsHandler, SocketsOptions } from "./sockets.js";
import { createSockets } from "./websocket-server.js";

const options: SocketsOptions = {
  idleMs: 60_000,
  messageBytesMax: 1024,
  bufferBytesMax: 1024,
  certFile: "",
  keyFile: "",
};
const handler = {} as SocketsHandler<object>;

describe("the server of the gateway's sockets", () => {
  it("shares its port with nobody: the second gateway on it does not start", async () => {
    const first = createSockets(options, handler);
    const port = await first.listen("127.0.0.1", 0);
    const second = createSockets(options, handler);
    await assert.rejects(second.listen("127.0.0.1", port), {
      message: `cannot listen on 127.0.0.1:${port}: the address is in use or not ours`,
    });
    first.close();
    assert.equal(await second.listen("127.0.0.1", port), port);
    second.close();
  });

  it("names the files that give no TLS", () => {
    const files = { certFile: "/nowhere/cert.pem", keyFile: "/nowhere/key.pem" };
    assert.throws(() => createSockets({ ...options, ...files }, handler), {
      message: /^no TLS with certificate \/nowhere\/cert.pem and key \/nowhere\/key.pem: /,
    });
  });
});
