import assert from "node:assert/strict";
import { address, ConfigError, integer, readEnv, text } from "./env.js";

const schema = {
  CHAT_TEST_WAIT_MS: integer(1, 1000, 50, "How long to wait."),
  CHAT_TEST_NAME: text("nobody", "A name."),
  CHAT_TEST_ADDRESS: address("local:test", "An address."),
};

const fails = (env: Record<string, string>, message: RegExp) =>
  assert.throws(
    () => readEnv(env, schema),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    },
  );

describe("environment", () => {
  it("gives the defaults for what is not set or empty", () => {
    assert.deepEqual(readEnv({ CHAT_TEST_NAME: "" }, schema), {
      CHAT_TEST_WAIT_MS: 50,
      CHAT_TEST_NAME: "nobody",
      CHAT_TEST_ADDRESS: "local:test",
    });
  });

  it("gives what is set, as its type, and cannot be changed afterwards", () => {
    const config = readEnv(
      { CHAT_TEST_WAIT_MS: "7", CHAT_TEST_ADDRESS: "unix:/run/a.sock" },
      schema,
    );
    assert.equal(config.CHAT_TEST_WAIT_MS, 7);
    assert.equal(config.CHAT_TEST_ADDRESS, "unix:/run/a.sock");
    assert.ok(Object.isFrozen(config));
  });

  it("ignores variables it does not know", () => {
    assert.ok(!("HOME" in readEnv({ HOME: "/root" }, schema)));
  });

  for (const value of ["0", "1001", "-5", "1.5", "ten", "1e3", " 5"]) {
    it(`refuses the number "${value}" in one line that names the key and what is accepted`, () => {
      fails({ CHAT_TEST_WAIT_MS: value }, /^CHAT_TEST_WAIT_MS=.*: .*from 1 to 1000/);
    });
  }

  for (const value of [
    "nowhere",
    "local:",
    "local:UPPER",
    "unix:",
    "host:",
    ":80",
    "host:port",
    "host:123456",
  ]) {
    it(`refuses the address "${value}"`, () => {
      fails({ CHAT_TEST_ADDRESS: value }, /^CHAT_TEST_ADDRESS=.*: expected local:<name>/);
    });
  }

  it("refuses a port above 65535", () => {
    fails({ CHAT_TEST_ADDRESS: "host:65536" }, /expected a port from 0 to 65535/);
  });

  it("accepts every form of address", () => {
    for (const value of [
      "local:parser-1",
      "unix:data/a.sock:70000",
      "localhost:0",
      "10.0.0.1:65535",
    ]) {
      assert.equal(readEnv({ CHAT_TEST_ADDRESS: value }, schema).CHAT_TEST_ADDRESS, value);
    }
  });
});
