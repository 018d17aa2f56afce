import assert from "node:assert/strict";
import { ConfigError } from "../lib/env.js";
import { readGatewayConfig } from "./config.js";

describe("the gateway's config", () => {
  it("has defaults for everything and is frozen", () => {
    const config = readGatewayConfig({});
    assert.equal(config.httpHost, "127.0.0.1");
    assert.deepEqual(config.parsers, ["unix:data/run/parser.sock"]);
    assert.deepEqual(config.origins, []);
    assert.ok(Object.isFrozen(config));
  });

  it("reads lists", () => {
    const config = readGatewayConfig({
      CHAT_GATEWAY_PARSERS: "local:p1, unix:/tmp/p2.sock,host:123",
      CHAT_GATEWAY_ORIGINS: "https://chat.example.org, http://localhost:5173",
    });
    assert.deepEqual(config.parsers, ["local:p1", "unix:/tmp/p2.sock", "host:123"]);
    assert.deepEqual(config.origins, ["https://chat.example.org", "http://localhost:5173"]);
  });

  const wrong: Record<string, string>[] = [
    { CHAT_GATEWAY_HTTP_PORT: "70000" },
    { CHAT_GATEWAY_PARSERS: "nowhere" },
    { CHAT_GATEWAY_PARSERS: "local:a,local:a" },
    { CHAT_GATEWAY_PARSERS: "," },
    { CHAT_GATEWAY_ORIGINS: "null" },
    { CHAT_GATEWAY_ORIGINS: "https://a.example/path" },
    { CHAT_GATEWAY_TRUST_FORWARDED: "maybe" },
    { CHAT_GATEWAY_TLS_CERT_FILE: "cert.pem" },
    { CHAT_GATEWAY_IDLE_MS: "1" },
  ];
  for (const env of wrong) {
    it(`refuses ${JSON.stringify(env)}`, () => {
      assert.throws(() => readGatewayConfig(env), ConfigError);
    });
  }
});
