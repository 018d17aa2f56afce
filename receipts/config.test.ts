import assert from "node:assert/strict";
import { ConfigError } from "../lib/env.js";
import { readReceiptsConfig } from "./config.js";

describe("the config of receipts", () => {
  it("has a default for everything and cannot be changed", () => {
    const config = readReceiptsConfig({});
    assert.equal(config.listen, "unix:data/run/receipts.sock");
    assert.equal(config.directory, "data/receipts");
    assert.equal(config.flushMs, 0);
    assert(Object.isFrozen(config));
  });

  it("takes values from the environment", () => {
    const config = readReceiptsConfig({
      CHAT_RECEIPTS_LISTEN: "127.0.0.1:7004",
      CHAT_RECEIPTS_DIRECTORY: "memory",
      CHAT_RECEIPTS_FLUSH_MS: "100",
    });
    assert.equal(config.listen, "127.0.0.1:7004");
    assert.deepEqual([config.directory, config.flushMs], ["memory", 100]);
  });

  it("names the variable that is wrong", () => {
    const wrong = (error: unknown) =>
      error instanceof ConfigError && error.message.startsWith("CHAT_RECEIPTS_PENDING_MAX=0:");
    assert.throws(() => readReceiptsConfig({ CHAT_RECEIPTS_PENDING_MAX: "0" }), wrong);
  });
});
