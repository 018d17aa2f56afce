import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { readAuthConfig } from "./config.js";
import { createPasswords } from "./passwords.js";
import { countedHash, refused } from "./testing/service.js";

describe("passwords", () => {
  const config = readAuthConfig({
    CHAT_AUTH_ARGON2_MEMORY_KIB: "1024",
    CHAT_AUTH_ARGON2_PASSES_COUNT: "1",
  }).hashing;

  it("are kept as argon2id with the parameters of the config, and each with its own salt", async () => {
    const passwords = await createPasswords(config);
    const [one, other] = await Promise.all([
      passwords.hash("secret12"),
      passwords.hash("secret12"),
    ]);
    match(one, /^\$argon2id\$v=19\$m=1024,t=1,p=1\$/);
    notEqual(one, other);
    equal(await passwords.matches(one, "secret12"), true);
    equal(await passwords.matches(one, "secret13"), false);
  });

  it("have the parameters OWASP recommends by default", () => {
    const { memoryKib, passes } = readAuthConfig({}).hashing;
    deepEqual([memoryKib, passes], [19_456, 2]);
  });

  it("are hashed for an account that does not exist too, and never match", async () => {
    const counted = countedHash();
    const passwords = await createPasswords(config, counted);
    equal(await passwords.matches(undefined, "secret12"), false);
    equal(counted.verified, 1);
  });

  it("are not hashed beyond the bound", async () => {
    const bounds = { ...config, runningMax: 1, waitingMax: 1 };
    const passwords = await createPasswords(bounds);
    const flood = Array.from({ length: 10 }, () => passwords.hash("secret12"));
    const hashed = await Promise.allSettled(flood);
    equal(hashed.filter(({ status }) => status === "fulfilled").length, 2);
    await refused(flood[9] as Promise<string>, ErrorReason.BUSY);
  });
});
