import { deepEqual, equal } from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { FakeClock } from "../lib/fake-clock.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { newSigningKey, openSigningKeys } from "./signing-keys.js";
import { createLevelStore } from "./store-level.js";
import { patient, refreshWith, registerAs, startTestService } from "./testing/service.js";

describe("signing keys", () => {
  const open = () => openLevel({ directory: "memory", log: silentLogger, clock: systemClock });

  it("are made at the first start and kept", async () => {
    const kv = await open();
    const first = await openSigningKeys(createLevelStore(kv), 1000);
    const again = await openSigningKeys(createLevelStore(kv), 2000);
    equal(again.kid, first.kid);
    equal(again.jwks, first.jwks);
    await kv.close();
  });

  it("are published without their private half", async () => {
    const kv = await open();
    const { kid, jwks } = await openSigningKeys(createLevelStore(kv), 1000);
    const [key, ...others] = JSON.parse(jwks).keys;
    deepEqual(others, []);
    const { x, ...rest } = key;
    equal(typeof x, "string");
    deepEqual(rest, { kty: "OKP", crv: "Ed25519", kid, alg: "EdDSA", use: "sig" });
    await kv.close();
  });

  it("overlap when they are changed: the newest signs, tokens of both are good", async () => {
    const kv = await open();
    const clock = new FakeClock();
    const before = await startTestService({ kv, clock });
    const old = await registerAs(before, "anna");
    before.feed.close();

    const next = await newSigningKey(clock.wallMs() + 1);
    await createLevelStore(kv).addKey(next);
    const after = await startTestService({ kv, clock });
    const { jwksJson } = await after.handlers.getKeys({}, patient);
    equal(JSON.parse(jwksJson).keys.length, 2);
    const fresh = await refreshWith(after, old.refreshToken);
    const header = JSON.parse(String(Buffer.from(fresh.accessToken.split(".")[0] ?? "", "base64")));
    equal(header.kid, next.kid);
    for (const { accessToken } of [old, fresh]) {
      equal(after.verifier.verify(accessToken).user, old.user);
    }
    await after.stop();
  });
});
