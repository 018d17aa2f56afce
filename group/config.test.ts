import assert from "node:assert/strict";
import { ConfigError } from "../lib/env.js";
import { limits } from "../lib/limits.js";
import { readGroupConfig } from "./config.js";

describe("the config of group", () => {
  it("has 256 members by default, and any number up to 1,024", () => {
    assert.equal(readGroupConfig({}).membersMax, 256);
    const read = (count: number) =>
      readGroupConfig({ CHAT_GROUP_MEMBERS_MAX_COUNT: String(count) }).membersMax;
    assert.equal(read(limits.groupMembersMax), 1024);
    assert.throws(() => read(limits.groupMembersMax + 1), ConfigError);
    assert.throws(() => read(1), ConfigError);
  });

  it("names the one session", () => {
    const { sessions } = readGroupConfig({ CHAT_GROUP_SESSIONS: "a=127.0.0.1:7000" });
    assert.deepEqual(sessions, [{ name: "a", address: "127.0.0.1:7000" }]);
    const two = { CHAT_GROUP_SESSIONS: "a=unix:/s1,b=127.0.0.1:7000" };
    assert.throws(() => readGroupConfig(two), ConfigError);
    assert.throws(() => readGroupConfig({ CHAT_GROUP_SESSIONS: "a=x" }), ConfigError);
  });
});
