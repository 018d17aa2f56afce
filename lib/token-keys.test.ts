import { equal } from "node:assert/strict";
import { exportJWK, generateKeyPair } from "jose";
import { systemClock } from "./clock.js";
import { createVerifier } from "./token.js";

describe("the keys of a verifier", () => {
  it("are fetched again when it is asked whether it has any: a gateway without keys is sent no tokens", async () => {
    const { publicKey } = await generateKeyPair("RS256");
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" };
    let nowMs = 0;
    let fetches = 0;
    const keys = async () => {
      if (++fetches === 1) throw new Error("auth is starting");
      return JSON.stringify({ keys: [jwk] });
    };
    const verifier = createVerifier({ keys, clock: { ...systemClock, nowMs: () => nowMs } });
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    await settled();
    equal(verifier.ready, false);
    equal(fetches, 1);
    nowMs += 1000;
    equal(verifier.ready, false);
    await settled();
    equal(verifier.ready, true);
    equal(fetches, 2);
  });
});
