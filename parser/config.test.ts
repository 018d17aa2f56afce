import assert from "node:assert/strict";
import { ConfigError } from "../lib/env.js";
import { readParserConfig } from "./config.js";

describe("the parser's config", () => {
  it("has defaults for one machine", () => {
    assert.deepEqual(readParserConfig({}), {
      listen: "unix:data/run/parser.sock",
      sessions: [{ name: "session-1", address: "unix:data/run/session.sock" }],
      presences: [{ name: "presence-1", address: "unix:data/run/presence.sock" }],
    });
  });

  it("takes a list of instances, with names or in order", () => {
    const { presences } = readParserConfig({
      CHAT_PARSER_PRESENCES: "alpha=unix:/run/a.sock, 10.0.0.2:7000,local:presence",
    });
    assert.deepEqual(presences, [
      { name: "alpha", address: "unix:/run/a.sock" },
      { name: "presence-2", address: "10.0.0.2:7000" },
      { name: "presence-3", address: "local:presence" },
    ]);
  });

  it("refuses a second session: nothing would be delivered to who is connected by way of the other", () => {
    assert.throws(
      () => readParserConfig({ CHAT_PARSER_SESSIONS: "a=local:x,b=local:y" }),
      /^ConfigError: CHAT_PARSER_SESSIONS=a=local:x,b=local:y: expected one instance, like session-1=/,
    );
  });

  it("takes none for an installation without presence", () => {
    assert.deepEqual(readParserConfig({ CHAT_PARSER_PRESENCES: "none" }).presences, []);
    assert.throws(
      () => readParserConfig({ CHAT_PARSER_PRESENCES: "none,a=b" }),
      /^ConfigError: CHAT_PARSER_PRESENCES=none,a=b: expected a list like presence-1=/,
    );
  });

  for (const list of ["a=", "a=b", "A=local:x", "a=local:x,a=local:y", "local:x,", "=local:x"]) {
    it(`refuses the list "${list}" with one line that names the key`, () => {
      assert.throws(
        () => readParserConfig({ CHAT_PARSER_SESSIONS: list }),
        (error) =>
          error instanceof ConfigError && /^CHAT_PARSER_SESSIONS=.*: expected/.test(error.message),
      );
    });
  }

  it("is frozen", () => {
    const config = readParserConfig({});
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.sessions));
  });
});
