import assert from "node:assert/strict";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { FakeClock } from "../lib/fake-clock.js";
import { TokenError, type TokenVerifier } from "../lib/token.js";
import { Access } from "./access.js";
import { Admission } from "./admission.js";
import { type GatewayConfig, readGatewayConfig } from "./config.js";
import { Connections } from "./connections.js";
import { Counters } from "./counters.js";
import { Origins } from "./origins.js";
import { FakeExchange, type FakeRequest } from "./testing/exchange.js";
import { DEVICE, Rig, USER } from "./testing/rig.js";
import { type Seat, Upgrades } from "./upgrades.js";

const ALLOWED = "https://chat.example.org";

const verifier: TokenVerifier = {
  ready: true,
  verify(token) {
    if (token === "down") throw new TokenError("unavailable", "no keys");
    if (token === "old") throw new TokenError("expired", "the token has expired");
    if (!token.startsWith("good")) throw new TokenError("signature", "not signed");
    const device = token === "good-revoked" ? "dv_revoked" : DEVICE;
    return { user: USER, device, expiresMs: 1_800_000_600_000 };
  },
};

const setUp = (over: Partial<GatewayConfig> = {}, connections = new Connections()) => {
  const state = { missing: [] as string[] };
  const config = { ...readGatewayConfig({}), ...over };
  const clock = new FakeClock();
  const has = (device: string) => device === "dv_revoked";
  const upgrades = new Upgrades({
    admission: new Admission({ ...config, connections, clock, random: () => 0 }),
    access: new Access({ verifier, revocations: { has } }),
    origins: new Origins([ALLOWED]),
    counters: new Counters(),
    trustForwarded: config.trustForwarded,
    unready: () => state.missing,
  });
  const ask = (request: FakeRequest) => {
    const exchange = new FakeExchange<Seat>(request);
    upgrades.handle(exchange);
    return exchange;
  };
  return { ask, clock, state };
};

const headers = (over: Record<string, string> = {}) => ({
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-protocol": "chat.v1.proto",
  authorization: "Bearer good",
  ...over,
});
const wish = (over: Record<string, string> = {}, query = "connect=3"): FakeRequest => ({
  query,
  headers: headers(over),
});
const protocols = (list: string) => wish({ "sec-websocket-protocol": list, authorization: "" });

describe("an upgrade", () => {
  const accepted: [string, FakeRequest, string][] = [
    ["with the token in the header", wish(), "chat.v1.proto"],
    ["with the token as a subprotocol", protocols("bearer.good, chat.v1.json"), "chat.v1.json"],
    ["from an allowed page", wish({ origin: ALLOWED }), "chat.v1.proto"],
    ["with a subprotocol nobody knows", protocols("x, chat.v1.proto,bearer.good"), "chat.v1.proto"],
  ];
  for (const [what, request, protocol] of accepted) {
    it(`${what} is accepted, and only the codec's subprotocol is given back`, async () => {
      const { seat, protocol: given } = await setUp().ask(request).accepted;
      assert.equal(given, protocol);
      assert.deepEqual(
        { ...seat.ticket },
        {
          user: USER,
          device: DEVICE,
          expiresMs: 1_800_000_600_000,
          codec: protocol === "chat.v1.json" ? Codec.JSON : Codec.PROTO,
          connect: 3,
        },
      );
    });
  }

  const refused: [string, FakeRequest, string][] = [
    ["without a token", wish({ authorization: "" }), "401 UNAUTHENTICATED"],
    ["with another scheme", wish({ authorization: "Basic good" }), "401 UNAUTHENTICATED"],
    ["with an empty subprotocol token", protocols("chat.v1.json, bearer."), "401 UNAUTHENTICATED"],
    ["with an unsigned token", wish({ authorization: "Bearer bad" }), "401 UNAUTHENTICATED"],
    ["with an expired token", wish({ authorization: "Bearer old" }), "401 UNAUTHENTICATED"],
    ["of a revoked device", wish({ authorization: "Bearer good-revoked" }), "401 UNAUTHENTICATED"],
    ["while keys cannot be had", wish({ authorization: "Bearer down" }), "503 BUSY"],
    [
      "with the token twice",
      wish({ "sec-websocket-protocol": "chat.v1.json,bearer.good" }),
      "400 INVALID",
    ],
    ["with the token in the URL", wish({}, "connect=1&token=good"), "400 INVALID"],
    ["with an access_token in the URL", wish({}, "connect=1&access_token=good"), "400 INVALID"],
    ["with both subprotocols", protocols("chat.v1.json,chat.v1.proto,bearer.good"), "400 INVALID"],
    ["without a subprotocol", protocols("bearer.good"), "400 INVALID"],
    ["from a foreign page", wish({ origin: "https://evil.example" }), "403 INVALID"],
    ["from a page without a name", wish({ origin: "null" }), "403 INVALID"],
    ["of another WebSocket version", wish({ "sec-websocket-version": "8" }), "426 INVALID"],
    ["with a broken key", wish({ "sec-websocket-key": "abc" }), "400 INVALID"],
    ["to something else", wish({ upgrade: "h2c" }), "426 INVALID"],
    ...["", "connect=", "connect=0", "connect=-1", "connect=1.5", "connect=1e3", "connect=x"].map(
      (query): [string, FakeRequest, string] => [
        `with "?${query}"`,
        wish({}, query),
        "400 INVALID",
      ],
    ),
    ["with connect above 2^53", wish({}, "connect=9007199254740993"), "400 INVALID"],
    ["with connect twice", wish({}, "connect=1&connect=2"), "400 INVALID"],
  ];
  for (const [what, request, outcome] of refused) {
    it(`${what} is refused with ${outcome}`, async () => {
      assert.equal(await setUp().ask(request).outcome(), outcome);
    });
  }

  it("is refused while there is no parser, and when draining, with a time to come back", async () => {
    const { ask, state } = setUp();
    state.missing = ["no parser"];
    const { status, headers: given } = await ask(wish()).answered;
    assert.deepEqual([status, given?.["retry-after"]], [503, "2"]);
  });

  it("of a client that went away meanwhile comes to nothing", async () => {
    const { ask } = setUp();
    const exchange = ask(wish());
    exchange.gone = true;
    const next = ask(wish());
    await next.accepted;
  });

  it("is limited per address; others get in", async () => {
    const { ask, clock } = setUp({ addressAccepts: { perSecond: 1, burst: 2 } });
    const from = (peerAddress: string) => ask({ ...wish(), peerAddress });
    await from("192.0.2.1").accepted;
    await from("192.0.2.1").accepted;
    assert.equal(await from("192.0.2.1").outcome(), "429 RATE_LIMITED");
    await from("192.0.2.2").accepted;
    clock.advance(1000);
    await from("192.0.2.1").accepted;
  });

  it("is limited in total", async () => {
    const { ask } = setUp({ accepts: { perSecond: 1, burst: 1 } });
    await ask(wish()).accepted;
    assert.equal(await ask(wish()).outcome(), "503 BUSY");
  });

  it("is refused when the gateway or the user has too many connections", async () => {
    const rig = new Rig().up();
    for (let i = 0; i < 2; i++) rig.connect();
    const { connections } = rig.edge;
    const full = setUp({ connectionsMax: 2 }, connections);
    assert.equal(await full.ask(wish()).outcome(), "503 BUSY");
    const many = setUp({ userConnectionsMax: 2 }, connections);
    assert.equal(await many.ask(wish()).outcome(), "429 RATE_LIMITED");
  });
});
