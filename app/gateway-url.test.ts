import assert from "node:assert/strict";
import { createServer } from "node:http";
import { gatewayUrl, isReady } from "./gateway-url.js";

const place = { httpHost: "127.0.0.1", httpPort: 8080, tlsCertFile: "" };

describe("the gateway's address", () => {
  it("is one that this machine can reach", () => {
    assert.equal(gatewayUrl(place), "http://127.0.0.1:8080");
    assert.equal(gatewayUrl({ ...place, httpHost: "0.0.0.0" }), "http://127.0.0.1:8080");
    assert.equal(gatewayUrl({ ...place, httpHost: "::" }), "http://[::1]:8080");
    assert.equal(gatewayUrl({ ...place, httpHost: "::1" }), "http://[::1]:8080");
    assert.equal(gatewayUrl({ ...place, tlsCertFile: "x.pem" }), "https://127.0.0.1:8080");
  });

  it("must be known beforehand", () => {
    assert.throws(() => gatewayUrl({ ...place, httpPort: 0 }), { name: "ConfigError" });
  });

  it("tells whether it is ready", async () => {
    let status = 503;
    const server = createServer((_request, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const url = gatewayUrl({ ...place, httpPort: port });
    assert.equal(await isReady(url), false);
    status = 200;
    assert.equal(await isReady(url), true);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await isReady(url), false);
  });
});
