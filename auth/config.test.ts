import { equal, throws } from "node:assert/strict";
import { ConfigError } from "../lib/env.js";
import { authEnv, readAuthConfig } from "./config.js";

describe("the config of auth", () => {
  it("has a default and a description for every key", () => {
    const config = readAuthConfig({});
    equal(config.listen, "unix:data/run/auth.sock");
    equal(config.directory, "data/auth");
    equal(config.accessLifeMs, 600_000);
    for (const [key, type] of Object.entries(authEnv)) {
      equal(typeof type.description, "string", key);
      equal(key.startsWith("CHAT_AUTH_"), true, key);
    }
  });

  it("cannot be changed", () => {
    const config = readAuthConfig({}) as { limits: { loginPerName: number } };
    throws(() => {
      config.limits.loginPerName = 0;
    }, TypeError);
  });

  const wrong: [key: keyof typeof authEnv, value: string][] = [
    ["CHAT_AUTH_LISTEN", "nowhere"],
    ["CHAT_AUTH_ARGON2_MEMORY_KIB", "8"],
    ["CHAT_AUTH_ARGON2_PASSES_COUNT", "0"],
    ["CHAT_AUTH_HASHES_RUNNING_MAX_COUNT", "0"],
    ["CHAT_AUTH_ACCESS_LIFE_S", "ten"],
  ];
  for (const [key, value] of wrong) {
    it(`names ${key} when it is ${value}`, () => {
      throws(
        () => readAuthConfig({ [key]: value }),
        (error) => error instanceof ConfigError && error.message.startsWith(`${key}=${value}: `),
      );
    });
  }
});
