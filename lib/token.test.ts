import { deepEqual, equal, throws } from "node:assert/strict";
import { createHmac, createPublicKey } from "node:crypto";
import fc from "fast-check";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { systemClock } from "./clock.js";
import { newId } from "./ids.js";
import { createVerifier, TokenError, type TokenFailure, type TokenVerifier } from "./token.js";

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

const nowS = 1_800_000_000;
const user = newId("us");
const device = newId("dv");

async function newKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" };
  return { kid, privateKey, publicJwk };
}

function jwks(...keys: Key[]): string {
  return JSON.stringify({ keys: keys.map((key) => key.publicJwk) });
}

interface Changes {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
}

/** A good token but for the changes; `undefined` leaves a field out. */
function sign(key: Key, { header, claims }: Changes = {}): Promise<string> {
  const good = { iss: "chatmesh", aud: "chatmesh", sub: user, device, iat: nowS, exp: nowS + 600 };
  const payload = JSON.parse(JSON.stringify({ ...good, ...claims }));
  const fields = { alg: "RS256", typ: "at+jwt", kid: key.kid, ...header };
  return new SignJWT(payload)
    .setProtectedHeader(JSON.parse(JSON.stringify(fields)))
    .sign(key.privateKey);
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Puts other header fields into a token without signing it again. */
function withHeader(token: string, header: unknown): string {
  const [, payload, signature] = token.split(".");
  return `${encode(header)}.${payload}.${signature}`;
}

function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe("verifying access tokens", () => {
  let key: Key;
  let wallMs = nowS * 1000;
  let monoMs = 0;
  let published: string;
  let fetches: number;
  let failing: boolean;
  const clock = { ...systemClock, wallMs: () => wallMs, nowMs: () => monoMs };
  /** A verifier that has not heard of the keys yet. */
  const early = () =>
    createVerifier({
      clock,
      async keys() {
        fetches++;
        if (failing) throw new Error("down");
        return published;
      },
    });
  const fetched = () => new Promise((resolve) => setImmediate(resolve));
  const verifier = async () => {
    const tested = early();
    await fetched();
    return tested;
  };

  before(async () => {
    key = await newKey("k1");
  });

  beforeEach(() => {
    wallMs = nowS * 1000;
    monoMs = 0;
    fetches = 0;
    failing = false;
    published = jwks(key);
  });

  const refuses = async (token: string, failure: TokenFailure, given?: TokenVerifier) => {
    const tested = given ?? (await verifier());
    throws(
      () => tested.verify(token),
      (error) => {
        equal(error instanceof TokenError, true, String(error));
        equal((error as TokenError).failure, failure);
        return true;
      },
    );
  };

  it("gives the user, the device and the end of a good token", async () => {
    const verified = (await verifier()).verify(await sign(key));
    deepEqual({ ...verified }, { user, device, expiresMs: (nowS + 600) * 1000 });
  });

  const bad: [title: string, changes: Changes, failure: TokenFailure][] = [
    ["another issuer", { claims: { iss: "else" } }, "claims"],
    ["no issuer", { claims: { iss: undefined } }, "claims"],
    ["another audience", { claims: { aud: "else" } }, "claims"],
    ["no audience", { claims: { aud: undefined } }, "claims"],
    ["another type", { header: { typ: "JWT" } }, "claims"],
    ["no type", { header: { typ: undefined } }, "claims"],
    ["no key id", { header: { kid: undefined } }, "malformed"],
    ["an end in the past", { claims: { exp: nowS - 31 } }, "expired"],
    ["no end", { claims: { exp: undefined } }, "claims"],
    ["an end that is text", { claims: { exp: "later" } }, "claims"],
    ["a start in the future", { claims: { nbf: nowS + 31 } }, "claims"],
    ["an issue in the future", { claims: { iat: nowS + 31 } }, "claims"],
    ["no issue", { claims: { iat: undefined } }, "claims"],
    ["no user", { claims: { sub: undefined } }, "claims"],
    ["a user id of another form", { claims: { sub: "us_ABC" } }, "claims"],
    ["a device id as user", { claims: { sub: device } }, "claims"],
    ["a device that is a number", { claims: { device: 7 } }, "claims"],
    ["no device", { claims: { device: undefined } }, "claims"],
  ];
  for (const [title, changes, failure] of bad) {
    it(`refuses a token with ${title}`, async () => {
      await refuses(await sign(key, changes), failure);
    });
  }

  it("allows clocks to differ by 30 s, for new tokens and remembered ones", async () => {
    const tested = await verifier();
    const token = await sign(key, { claims: { iat: nowS + 30, nbf: nowS + 30 } });
    tested.verify(token);
    wallMs += 629_000;
    tested.verify(token);
    (await verifier()).verify(token);
    wallMs += 1000;
    await refuses(token, "expired", tested);
    await refuses(token, "expired");
  });

  it("refuses the algorithm none", async () => {
    const token = withHeader(await sign(key), { alg: "none", typ: "at+jwt", kid: "k1" });
    await refuses(token, "signature");
    await refuses(`${token.split(".").slice(0, 2).join(".")}.`, "signature");
  });

  it("refuses HS256 made with the public key as secret", async () => {
    const payload = (await sign(key)).split(".")[1];
    const input = `${encode({ alg: "HS256", typ: "at+jwt", kid: "k1" })}.${payload}`;
    const publicKey = createPublicKey({ key: key.publicJwk as never, format: "jwk" });
    const secrets = [
      JSON.stringify(key.publicJwk),
      String(key.publicJwk.x),
      publicKey.export({ format: "pem", type: "spki" }),
    ];
    for (const secret of secrets) {
      const mac = createHmac("sha256", secret).update(input).digest("base64url");
      await refuses(`${input}.${mac}`, "signature");
    }
  });

  it("never uses a key that the token brings along", async () => {
    const foreign = await newKey("k1");
    const header = { jwk: foreign.publicJwk, jku: "https://else.example/jwks.json" };
    await refuses(await sign(foreign, { header }), "signature");
    await refuses(await sign(foreign, { header: { ...header, kid: "k2" } }), "signature");
  });

  it("refuses extensions that it does not know", async () => {
    const { kid } = key;
    const header = { alg: "RS256", typ: "at+jwt", kid, crit: ["exp2"], exp2: 1 };
    await refuses(withHeader(await sign(key), header), "malformed");
  });

  it("refuses a token with any one character changed", async () => {
    const token = await sign(key);
    const tested = await verifier();
    for (let at = 0; at < token.length - 1; at += 7) {
      const other = token[at] === "A" ? "B" : "A";
      throws(() => tested.verify(token.slice(0, at) + other + token.slice(at + 1)), TokenError);
    }
  });

  it("refuses a token of a megabyte without looking at it", async () => {
    await refuses(await sign(key, { claims: { more: "x".repeat(1 << 20) } }), "malformed");
    equal(fetches, 1);
  });

  it("refuses text that is no token at all", async () => {
    for (const text of ["", ".", "..", "a.b.c", "\u0000", "💥.💥.💥", "e30.e30.e30"]) {
      await refuses(text, "malformed");
    }
  });

  it("accepts tokens of every published key", async () => {
    const next = await newKey("k2");
    published = jwks(key, next);
    const tested = await verifier();
    tested.verify(await sign(key));
    tested.verify(await sign(next));
    equal(fetches, 1);
  });

  it("asks for the keys again when a key id is new, but not again and again", async () => {
    const tested = await verifier();
    tested.verify(await sign(key));
    monoMs += 10_000;
    const next = await newKey("k2");
    published = jwks(key, next);
    await refuses(await sign(next), "unavailable", tested);
    await fetched();
    tested.verify(await sign(next));
    equal(fetches, 2);
    for (let n = 0; n < 50; n++) {
      await refuses(await sign(key, { header: { kid: `no-${n}` } }), "signature", tested);
    }
    equal(fetches, 2);
  });

  it("fetches once for many tokens that come before the keys", async () => {
    const tokens = await Promise.all(
      [1, 2, 3].map((n) => sign(key, { claims: { iat: nowS - n } })),
    );
    const tested = early();
    const failures = tokens.map((token) => outcomeOf(() => tested.verify(token)) as TokenError);
    deepEqual(new Set(failures.map(({ failure }) => failure)), new Set(["unavailable"]));
    await fetched();
    for (const token of tokens) tested.verify(token);
    equal(fetches, 1);
  });

  it("says that it does not know while the keys cannot be fetched, and works soon after", async () => {
    failing = true;
    const tested = await verifier();
    const token = await sign(key);
    await refuses(token, "unavailable", tested);
    failing = false;
    await refuses(token, "unavailable", tested);
    equal(fetches, 1);
    monoMs += 1000;
    await refuses(token, "unavailable", tested);
    await fetched();
    tested.verify(token);
    equal(fetches, 2);
  });

  it("forgets tokens of a withdrawn key within its refresh", async () => {
    const tested = await verifier();
    const token = await sign(key, { claims: { exp: nowS + 9000 } });
    tested.verify(token);
    published = jwks(await newKey("k2"));
    monoMs += 300_000;
    tested.verify(token);
    await fetched();
    await refuses(token, "signature", tested);
  });

  it("keeps verifying with the keys it has while auth is away", async () => {
    const tested = await verifier();
    tested.verify(await sign(key));
    failing = true;
    monoMs += 900_000;
    tested.verify(await sign(key, { claims: { iat: nowS - 5 } }));
  });

  it("rejects with TokenError and nothing else, whatever a right key has signed", async () => {
    const tested = await verifier();
    const value = fc.option(fc.jsonValue(), { nil: undefined });
    const names = ["iss", "aud", "sub", "device", "iat", "exp", "nbf"] as const;
    const claims = fc.record(Object.fromEntries(names.map((name) => [name, value])));
    await fc.assert(
      fc.asyncProperty(claims, fc.string(), async (changed, text) => {
        throws(() => tested.verify(text), TokenError);
        const token = await sign(key, { claims: changed }).catch(() => text);
        const outcome = outcomeOf(() => tested.verify(token));
        if (outcome instanceof Error) equal(outcome instanceof TokenError, true, String(outcome));
        else deepEqual((outcome as { user: string }).user, user);
      }),
      { numRuns: 200 },
    );
  });
});
