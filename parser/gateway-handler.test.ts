import assert from "node:assert/strict";
import { Codec, GatewayBatch, type GatewayFrame } from "../gen/chat/parser/v1/parser.js";
import { WireError } from "../lib/wire/reader.js";
import { feed } from "./testing/recording-link.js";
import { ALICE, BOB, casesOf, GATEWAY, originOf, TestBench } from "./testing/test-bench.js";

type Kind = NonNullable<GatewayFrame["kind"]>;

describe("a gateway's link", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench();
  });

  it("passes attach, detach and stalled to the home, with the gateway's boot id", () => {
    const origin = originOf();
    bench.gatewaySays(
      { $case: "attach", value: { origin, connect: 4 } },
      { $case: "detach", value: { origin } },
      { $case: "stalled", value: { origin } },
      { $case: "notHere", value: { connections: [3, 4] } },
    );
    assert.deepEqual(
      bench.links[0]?.take().map(({ kind }) => kind),
      [
        { $case: "attach", value: { gateway: GATEWAY, attach: { origin, connect: 4 } } },
        { $case: "detach", value: { gateway: GATEWAY, detach: { origin } } },
        { $case: "stalled", value: { gateway: GATEWAY, stalled: { origin } } },
        { $case: "notHere", value: { gateway: GATEWAY, notHere: { connections: [3, 4] } } },
      ],
    );
  });

  it("passes a roster chunk on, byte for byte when there is one session", () => {
    const chunk = {
      first: 1,
      last: 9,
      connections: [
        { origin: originOf({ connection: 2 }), connect: 1 },
        { origin: originOf({ connection: 3, user: BOB }), connect: 2 },
      ],
    };
    bench.gatewaySays({ $case: "rosterChunk", value: chunk });
    const [roster] = casesOf(bench.links[0]?.take() ?? [], "roster");
    assert.deepEqual(roster, { gateway: GATEWAY, chunk });
  });

  it("leaves out of a roster who is nobody, and keeps the rest", () => {
    const good = { origin: originOf(), connect: 1 };
    const bad = { origin: originOf({ user: "us_X" }), connect: 1 };
    const chunk = {
      first: 1,
      last: 9,
      connections: [bad, good, { origin: undefined, connect: 1 }],
    };
    bench.gatewaySays({ $case: "rosterChunk", value: chunk });
    const [roster] = casesOf(bench.links[0]?.take() ?? [], "roster");
    assert.deepEqual(roster?.chunk, { first: 1, last: 9, connections: [good] });
    assert.equal(bench.counters.forged, 2);
  });

  const forged = [
    { user: "" },
    { user: "dv_000000000000aaaa" },
    { device: "us" },
    { connection: 0 },
  ];
  for (const fields of forged) {
    it(`drops and counts frames of an origin that is none: ${JSON.stringify(fields)}`, () => {
      const origin = originOf(fields);
      bench.clientWrites(Buffer.from([0x3a, 0]), fields);
      bench.gatewaySays({ $case: "attach", value: { origin, connect: 1 } });
      bench.gatewaySays({ $case: "detach", value: { origin } });
      assert.deepEqual(bench.links[0]?.take(), []);
      assert.deepEqual(bench.gateway.take(), []);
      assert.equal(bench.counters.forged, 3);
    });
  }

  it("breaks when an origin states no codec", () => {
    const origin = originOf({ codec: Codec.UNSPECIFIED });
    const kinds: Kind[] = [
      { $case: "attach", value: { origin, connect: 1 } },
      { $case: "inbound", value: { origin, data: Buffer.from([0x3a, 0]), traceparent: "" } },
      { $case: "drain", value: { connections: [1], codec: Codec.UNSPECIFIED, delayMs: 1 } },
    ];
    for (const kind of kinds) assert.throws(() => bench.gatewaySays(kind), WireError);
  });

  it("gets Draining sealed for its connections, in their codec", () => {
    const drain = { connections: [1, 2], delayMs: 900 };
    bench.gatewaySays(
      { $case: "drain", value: { ...drain, codec: Codec.PROTO } },
      { $case: "drain", value: { ...drain, codec: Codec.JSON } },
    );
    const pushes = casesOf(bench.gateway.take(), "push");
    assert.deepEqual(
      pushes.map(({ connections }) => connections),
      [
        [1, 2],
        [1, 2],
      ],
    );
    assert.deepEqual([...(pushes[0]?.data ?? [])], [0x82, 1, 3, 8, 0x84, 7]);
    assert.equal(pushes[1]?.data.toString(), '{"draining":{"delayMs":900}}');
  });

  it("is asked for its roster at once when a session is reached, else not", () => {
    const asked = (sessions: boolean) => {
      bench = new TestBench();
      if (!sessions) for (const link of bench.links) link.alive = false;
      const link = bench.gatewayLink("gw_2");
      bench.fromGateway.up(link);
      return link.take().map(({ kind }) => kind?.$case);
    };
    assert.deepEqual(asked(true), ["rosterWanted"]);
    assert.deepEqual(asked(false), []);
  });

  it("is announced to every session when it comes and when it goes", () => {
    bench = new TestBench(["session-1", "session-2"]);
    const link = bench.gatewayLink("gw_2");
    bench.fromGateway.up(link);
    bench.fromGateway.down(link, "test");
    for (const session of bench.links) {
      assert.deepEqual(casesOf(session.take(), "gatewayLink"), [
        { gateway: "gw_2", up: true },
        { gateway: "gw_2", up: false },
      ]);
    }
  });

  it("stays up for the sessions when an older link of the same gateway dies later", () => {
    const newer = bench.gatewayLink(GATEWAY);
    bench.fromGateway.up(newer);
    bench.fromGateway.down(bench.gateway, "test");
    assert.equal(bench.gateways.get(GATEWAY), newer);
    assert.deepEqual(casesOf(bench.links[0]?.take() ?? [], "gatewayLink"), [
      { gateway: GATEWAY, up: true },
    ]);
  });

  it("tolerates frames for a session that is not there", () => {
    const [link] = bench.links;
    if (link) bench.fromSession[0]?.down(link, "test");
    const origin = originOf({ user: ALICE });
    bench.gatewaySays(
      { $case: "attach", value: { origin, connect: 4 } },
      { $case: "notHere", value: { connections: [1] } },
      { $case: "rosterChunk", value: { first: 1, last: 2, connections: [] } },
    );
    assert.deepEqual(link?.take(), []);
  });

  it("ignores fields and frames that a later gateway may know", () => {
    const attach = GatewayBatch.encode({
      frames: [{ kind: { $case: "attach", value: { origin: originOf(), connect: 1 } } }],
    }).finish();
    const unknown = Buffer.from([0x0a, 3, 0x7a, 1, 0]);
    feed(bench.fromGateway, bench.gateway, Buffer.concat([unknown, attach]));
    assert.equal(bench.links[0]?.take().length, 1);
  });
});
