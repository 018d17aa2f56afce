import { deepEqual, equal } from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { FakeClock } from "../lib/fake-clock.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { accessToken } from "../lib/token.js";
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
    const { n, ...rest } = key;
    equal(Buffer.from(n, "base64url").length, accessToken.keyBits / 8);
    deepEqual(rest, { kty: "RSA", e: "AQAB", kid, alg: "RS256", use: "sig" });
    await kv.close();
  });

  it("of another algorithm are neither used nor published", async () => {
    const kv = await open();
    const store = createLevelStore(kv);
    const label = { kty: "OKP", crv: "Ed25519", kid: "old", alg: "EdDSA", use: "sig" };
    const publicJwk = JSON.stringify({ ...label, x: "AAAA" });
    const privateJwk = JSON.stringify({ ...label, x: "AAAA", d: "AAAA" });
    await store.addKey({ kid: "old", createdMs: 1, privateJwk, publicJwk });
    const { kid, jwks } = await openSigningKeys(store, 1000);
    deepEqual(
      JSON.parse(jwks).keys.map((key: { kid: string }) => key.kid),
      [kid],
    );
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
    for (const { accessToken: token } of [old, fresh]) {
      equal(after.verifier.verify(token).user, old.user);
    }
    await after.stop();
  });
});
