import assert from "node:assert/strict";
import { FakeClock } from "../lib/fake-clock.js";
import { Buckets } from "./buckets.js";
import { PublicApi } from "./public-api.js";
import { publicGroups } from "./public-json.js";
import { FakeExchange } from "./testing/exchange.js";

const RATE = { perSecond: 20, burst: 40 };

/** The token is the user. */
function setUp() {
  const clock = new FakeClock();
  const served: string[] = [];
  const serve = (name: string) => async () => {
    served.push(name);
    return {};
  };
  const names = Object.values(publicGroups.rpcs).map(({ rpc }) => rpc);
  const client = Object.fromEntries(names.map((name) => [name, serve(name)]));
  const api = new PublicApi({
    service: publicGroups,
    clientFor: () => client,
    access: { check: (user) => ({ user, device: "dv_1", expiresMs: 0 }) },
    rates: new Buckets(RATE, clock),
    trustForwarded: false,
    callsMax: 10,
    acted: () => {},
  });
  const call = (user: string, name: string, body = "{}") => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${user}` };
    const exchange = new FakeExchange({ method: "POST", headers, body });
    api.post(exchange, name, {});
    return exchange;
  };
  return { call, clock, served };
}

async function refusalOf(exchange: FakeExchange<unknown>) {
  const { status, headers, body } = await exchange.answered;
  const { reason, retryAfterMs } = JSON.parse(body);
  return { status, reason, retryAfterMs, header: headers?.["retry-after"] };
}

describe("the calls of one user", () => {
  it("are served up to his rate, a change of a group for ten, and then told when to come again", async () => {
    const { call, clock, served } = setUp();
    for (let i = 0; i < 3; i++) assert.equal(await call("us_a", "change").outcome(), "200 OK");
    for (let i = 0; i < 10; i++) assert.equal(await call("us_a", "get").outcome(), "200 OK");
    const limited = { status: 429, reason: "RATE_LIMITED", header: "1" };
    assert.deepEqual(await refusalOf(call("us_a", "list")), { ...limited, retryAfterMs: 50 });
    assert.deepEqual(await refusalOf(call("us_a", "change")), { ...limited, retryAfterMs: 500 });
    assert.equal(served.length, 13, "what is refused reaches nobody");
    clock.advance(499);
    assert.equal(await call("us_a", "change").outcome(), "429 RATE_LIMITED");
    clock.advance(1);
    assert.equal(await call("us_a", "change").outcome(), "200 OK");
  });

  it("take nothing from anybody else", async () => {
    const { call } = setUp();
    for (let i = 0; i < 4; i++) call("us_a", "change");
    assert.equal(await call("us_a", "preview").outcome(), "429 RATE_LIMITED");
    assert.equal(await call("us_b", "change").outcome(), "200 OK");
  });

  it("count before their body is looked at", async () => {
    const { call } = setUp();
    for (let i = 0; i < 4; i++) {
      assert.equal(await call("us_a", "change", "{").outcome(), "400 INVALID");
    }
    assert.equal(await call("us_a", "change", "{").outcome(), "429 RATE_LIMITED");
  });
});
