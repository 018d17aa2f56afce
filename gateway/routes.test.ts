import assert from "node:assert/strict";
import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";
import type { RpcClient } from "../lib/rpc/network.js";
import { TokenError, type TokenVerifier } from "../lib/token.js";
import { Access } from "./access.js";
import { Origins } from "./origins.js";
import { PublicApi } from "./public-api.js";
import { publicAuth } from "./public-json.js";
import { Routes } from "./routes.js";
import { FakeExchange, type FakeRequest } from "./testing/exchange.js";
import { USER } from "./testing/rig.js";
import { answerKeys } from "./token-keys.js";

const ALLOWED = "https://chat.example.org";
type Calls = Partial<Record<keyof typeof AuthService, (request: never) => Promise<unknown>>>;

const verifier: TokenVerifier = {
  ready: true,
  verify(token) {
    if (token !== "good") throw new TokenError("signature", "not signed");
    return { user: USER, device: "dv_x", expiresMs: 0 };
  },
};

const setUp = (calls: Calls = {}, callsMax = 10) => {
  const seen: unknown[] = [];
  const record = (name: string) => async (request: never) => {
    seen.push(request);
    return (await calls[name as keyof Calls]?.(request)) ?? {};
  };
  const names = Object.keys(AuthService);
  const client = Object.fromEntries(names.map((name) => [name, record(name)]));
  const missing: string[] = [];
  const access = new Access({
    verifier,
    revocations: { has: () => false },
  });
  const rates = { take: () => 0 };
  const acted: string[] = [];
  const shared = {
    ...{ access, rates, trustForwarded: false, callsMax },
    acted: (user: string) => acted.push(user),
  };
  const routes = new Routes({
    apis: { auth: new PublicApi({ ...shared, service: publicAuth, clientFor: () => client }) },
    keys: (exchange, headers) =>
      answerKeys(client as unknown as RpcClient<typeof AuthService>, exchange, headers),
    origins: new Origins([ALLOWED]),
    unready: () => missing,
  });
  const ask = (request: FakeRequest) => {
    const exchange = new FakeExchange(request);
    routes.handle(exchange);
    return exchange;
  };
  const post = (name: string, body: string, headers: Record<string, string> = {}) =>
    ask({
      method: "POST",
      path: `/v1/auth/${name}`,
      headers: { "content-type": "application/json", ...headers },
      body,
    });
  return { ask, post, seen, missing, acted };
};

describe("the public calls of auth", () => {
  it("carry the client's address from the socket, not from the body", async () => {
    const { post, seen } = setUp();
    const body = { name: "ann", password: "pw", deviceName: "x", address: "1.2.3.4" };
    assert.equal(await post("register", JSON.stringify(body)).outcome(), "200 OK");
    assert.deepEqual(seen, [{ ...body, address: "203.0.113.9" }]);
  });

  it("carry the caller from the token, not from the body", async () => {
    const { post, seen } = setUp();
    const authorization = "Bearer good";
    await post("devices", '{"user":"us_other"}', { authorization }).answered;
    await post("revoke", '{"user":"us_other","device":"dv_1"}', { authorization }).answered;
    await post("lookup", '{"name":"bob","caller":"us_other"}', { authorization }).answered;
    assert.deepEqual(seen, [
      { user: USER },
      { user: USER, device: "dv_1" },
      { name: "bob", caller: USER },
    ]);
  });

  it("that need a token are refused without one or with a wrong one", async () => {
    const { post, seen } = setUp();
    for (const name of ["devices", "revoke", "lookup"]) {
      assert.equal(await post(name, "{}").outcome(), "401 UNAUTHENTICATED");
      const authorization = "Bearer bad";
      assert.equal(await post(name, "{}", { authorization }).outcome(), "401 UNAUTHENTICATED");
    }
    assert.deepEqual(seen, []);
  });

  it("answer in canonical JSON, numbers of 64 bits as strings", async () => {
    const tokens = {
      user: USER,
      device: "dv_1",
      accessToken: "a",
      accessExpiresUnixMs: 1_800_000_000_000,
      refreshToken: "r",
      refreshExpiresUnixMs: 0,
    };
    const { post } = setUp({ refresh: async () => ({ tokens }) });
    const { body, headers } = await post("refresh", '{"refreshToken":"r"}').answered;
    assert.equal(headers?.["cache-control"], "no-store");
    assert.deepEqual(JSON.parse(body), {
      tokens: {
        user: USER,
        device: "dv_1",
        accessToken: "a",
        accessExpiresUnixMs: "1800000000000",
        refreshToken: "r",
      },
    });
  });

  const bad = [
    "",
    "{",
    "null",
    "[]",
    '"x"',
    '{"unknown":1}',
    '{"name":5}',
    '{"__proto__":{"name":"x"}}',
    `{"name":"${"\\ud800"}"}`,
    '{"name":"a","name":{}}',
  ];
  for (const body of bad) {
    it(`refuse the body ${body === "" ? "that is empty" : body} without repeating it`, async () => {
      const { post, seen } = setUp();
      const answer = await post("login", body).answered;
      assert.equal(answer.status, 400);
      assert.equal(JSON.parse(answer.body).reason, "INVALID");
      assert.deepEqual(seen, []);
    });
  }

  it("refuse bodies that are too large or of another type, and unknown names", async () => {
    const { post } = setUp();
    const large = JSON.stringify({ name: "x".repeat(16 * 1024) });
    assert.equal(await post("login", large).outcome(), "413 INVALID");
    const type = { "content-type": "text/plain" };
    assert.equal(await post("login", "{}", type).outcome(), "415 INVALID");
    for (const name of ["getUsers", "watchRevocations", "toString", ""]) {
      assert.equal(await post(name, "{}").outcome(), "404 NOT_FOUND");
    }
  });

  it("pass failures on with the status of their reason, and hide anything else", async () => {
    const failures = [
      new RpcError(ErrorReason.RATE_LIMITED, "slow down", 1500),
      new Error("secret driver text"),
    ];
    const { post } = setUp({
      login: async () => {
        throw failures.shift();
      },
    });
    const first = await post("login", "{}").answered;
    assert.deepEqual([first.status, first.headers?.["retry-after"]], [429, "2"]);
    assert.deepEqual(JSON.parse(first.body), {
      reason: "RATE_LIMITED",
      message: "slow down",
      retryAfterMs: 1500,
    });
    const second = await post("login", "{}").answered;
    assert.equal(second.status, 500);
    assert.ok(!second.body.includes("secret"));
  });

  it("are limited in number, and a client that goes away gives its place back once", async () => {
    const { post } = setUp({ login: () => new Promise(() => undefined) }, 1);
    const first = post("login", "{}");
    assert.equal(await post("login", "{}").outcome(), "503 BUSY");
    first.abort();
    post("login", "{}");
    assert.equal(await post("login", "{}").outcome(), "503 BUSY");
  });

  it("give the key set as it is", async () => {
    const { ask } = setUp({ getKeys: async () => ({ jwksJson: '{"keys":[]}' }) });
    const { status, body } = await ask({ path: "/v1/auth/jwks" }).answered;
    assert.deepEqual([status, body], [200, '{"keys":[]}']);
  });
});

describe("web pages", () => {
  it("that are allowed may read answers, failed ones too", async () => {
    const { post, ask } = setUp();
    const ok = await post("login", "{}", { origin: ALLOWED }).answered;
    const failed = await post("login", "{", { origin: ALLOWED }).answered;
    for (const { headers } of [ok, failed]) {
      assert.equal(headers?.["access-control-allow-origin"], ALLOWED);
      assert.equal(headers?.vary, "origin");
    }
    const path = "/v1/auth/login";
    const preflight = await ask({ method: "OPTIONS", path, headers: { origin: ALLOWED } }).answered;
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers?.["access-control-allow-headers"] ?? "", /authorization/);
  });

  it("that are not are refused, with and without asking before", async () => {
    const { post, ask, seen } = setUp();
    for (const origin of ["https://evil.example", "null"]) {
      assert.equal(await post("login", "{}", { origin }).outcome(), "403 INVALID");
      const path = "/v1/auth/login";
      const preflight = await ask({ method: "OPTIONS", path, headers: { origin } }).answered;
      assert.equal(preflight.headers?.["access-control-allow-origin"], undefined);
      assert.equal(preflight.status, 403);
    }
    assert.deepEqual(seen, []);
  });
});

describe("requests whose body does not come", () => {
  const stuck = (peerAddress: string): FakeRequest => ({
    method: "POST",
    path: "/v1/auth/login",
    headers: { "content-type": "application/json" },
    peerAddress,
    bodyNeverComes: true,
  });

  it("do not take the places of the calls of others", async () => {
    const { ask, post } = setUp({}, 2);
    for (let count = 0; count < 5; count++) ask(stuck("198.51.100.7"));
    assert.equal(await post("login", "{}").outcome(), "200 OK");
  });

  it("are few per address, until they end", async () => {
    const { ask, post } = setUp();
    const waiting = Array.from({ length: 64 }, () => ask(stuck("203.0.113.9")));
    assert.equal(await post("login", "{}").outcome(), "503 BUSY");
    ask(stuck("198.51.100.7"));
    assert.deepEqual(waiting.map(({ gone }) => gone).filter(Boolean), []);
    waiting[0]?.abort();
    assert.equal(await post("login", "{}").outcome(), "200 OK");
    assert.equal(await post("login", "{}").outcome(), "200 OK");
  });
});

describe("the other paths", () => {
  it("say whether the gateway lives and whether it serves", async () => {
    const { ask, missing } = setUp();
    assert.equal((await ask({ path: "/healthz" }).answered).status, 200);
    assert.equal((await ask({ path: "/readyz" }).answered).status, 200);
    missing.push("no parser");
    const { status, body } = await ask({ path: "/readyz" }).answered;
    assert.deepEqual([status, JSON.parse(body)], [503, { ready: false, missing: ["no parser"] }]);
    assert.equal((await ask({ path: "/healthz" }).answered).status, 200);
  });

  it("answer with the right status", async () => {
    const { ask } = setUp();
    assert.equal(await ask({ path: "/v1/ws" }).outcome(), "426 INVALID");
    assert.equal(await ask({ path: "/" }).outcome(), "404 NOT_FOUND");
    assert.equal(await ask({ path: "/", method: "PUT" }).outcome(), "405 INVALID");
    assert.equal(await ask({ path: "/v1/auth/login" }).outcome(), "405 INVALID");
    assert.equal(await ask({ path: "/v1/auth/jwks", method: "POST" }).outcome(), "405 INVALID");
  });
});
