import assert from "node:assert/strict";
import { ServerFrame } from "../gen/chat/client/v1/frames.js";
import { Codec, ParserBatch } from "../gen/chat/parser/v1/parser.js";
import type { EventFrame } from "../gen/chat/session/v1/session.js";
import { CHAT, casesOf, GATEWAY, TestBench } from "./testing/test-bench.js";

type EventKind = NonNullable<EventFrame["kind"]>;
type ServerKind = NonNullable<ServerFrame["kind"]>;

const deliver: ServerKind = {
  $case: "deliver",
  value: {
    conversation: CHAT,
    after: 1,
    entry: {
      seq: 2,
      sender: "us_000000000000bbbb",
      clientMessageId: "m",
      atUnixMs: 1_700_000_000_000,
      content: { kind: { $case: "text", value: { text: "ü" } } },
      change: undefined,
    },
  },
};
const receipt: ServerKind = {
  $case: "receipt",
  value: {
    conversation: CHAT,
    delivered: 2,
    read: 1,
    ownRead: 2,
    except: [],
    exceptRanges: [],
    settledVersion: 0,
    unreadRanges: [],
  },
};
const target = (codec: Codec, connections: number[], gateway = GATEWAY) => ({
  gateway,
  codec,
  connections,
});
const event = (kind: ServerKind, ...targets: ReturnType<typeof target>[]): EventKind => ({
  $case: "event",
  value: { targets, frame: { kind } },
});

describe("a session's link", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench();
  });

  it("has events pushed unchanged to Protobuf connections, as the generated codec would", () => {
    bench.sessionSays(event(deliver, target(Codec.PROTO, [3, 300, 70_000])));
    const bytes = bench.gateway.takeBytes();
    const [push] = casesOf(ParserBatch.decode(bytes).frames, "push");
    assert.deepEqual(push, {
      connections: [3, 300, 70_000],
      data: Buffer.from(ServerFrame.encode({ kind: deliver }).finish()),
      codec: Codec.PROTO,
    });
    assert.deepEqual(Buffer.from(ParserBatch.encode(ParserBatch.decode(bytes)).finish()), bytes);
  });

  it("has one event pushed to several gateways, in the codec of each target", () => {
    const other = bench.gatewayLink("gw_2");
    bench.fromGateway.up(other);
    other.takeBytes();
    bench.sessionSays(
      event(
        deliver,
        target(Codec.JSON, [1]),
        target(Codec.PROTO, [2], "gw_2"),
        target(Codec.JSON, [3], "gw_2"),
      ),
    );
    const [first] = casesOf(bench.gateway.take(), "push");
    const [second, third] = casesOf(other.take(), "push");
    assert.deepEqual(JSON.parse(first?.data.toString() ?? ""), {
      deliver: {
        conversation: CHAT,
        after: "1",
        entry: {
          seq: "2",
          sender: "us_000000000000bbbb",
          clientMessageId: "m",
          atUnixMs: "1700000000000",
          content: { text: { text: "ü" } },
        },
      },
    });
    assert.deepEqual(ServerFrame.decode(second?.data ?? Buffer.alloc(0)).kind, deliver);
    assert.deepEqual(third, { connections: [3], data: first?.data, codec: Codec.JSON });
  });

  it("seals each event anew", () => {
    bench.sessionSays(
      event(deliver, target(Codec.JSON, [1])),
      event(receipt, target(Codec.JSON, [1])),
    );
    assert.deepEqual(
      bench.answers().map((answer) => Object.keys(answer ?? {})),
      [["deliver"], ["receipt"]],
    );
  });

  it("loses receipts first when a gateway's link has less room, then messages", () => {
    bench.gateway.full.add(3);
    bench.sessionSays(
      event(receipt, target(Codec.PROTO, [1])),
      event(deliver, target(Codec.PROTO, [1])),
    );
    assert.deepEqual(bench.answers(), [deliver]);
    bench.gateway.full.add(1);
    bench.sessionSays(event(deliver, target(Codec.PROTO, [1])));
    assert.deepEqual(bench.answers(), []);
    assert.equal(bench.counters.shed, 2);
  });

  it("has connections closed", () => {
    const close = { connection: 5, code: 4509, reason: "superseded" };
    bench.sessionSays({ $case: "close", value: { gateway: GATEWAY, close } });
    assert.deepEqual(casesOf(bench.gateway.take(), "close"), [close]);
  });

  it("is told once per batch about a gateway that is not here, and the others get theirs", () => {
    const gone = target(Codec.PROTO, [1], "gw_gone");
    const close = { connection: 5, code: 4509, reason: "" };
    bench.sessionSays(event(deliver, gone, target(Codec.PROTO, [2])), event(receipt, gone), {
      $case: "close",
      value: { gateway: "gw_gone", close },
    });
    assert.deepEqual(bench.answers(), [deliver]);
    assert.deepEqual(casesOf(bench.links[0]?.take() ?? [], "gatewayLink"), [
      { gateway: "gw_gone", up: false },
    ]);
    assert.equal(bench.counters.strays, 3);
  });

  it("hears of every gateway when it comes up, and each gateway is asked for its roster", () => {
    bench.fromGateway.up(bench.gatewayLink("gw_2"));
    bench.links[0]?.take();
    const link = bench.sessionLink("session-1");
    bench.fromSession[0]?.up(link);
    assert.deepEqual(casesOf(link.take(), "gatewayLink"), [
      { gateway: GATEWAY, up: true },
      { gateway: "gw_2", up: true },
    ]);
    assert.deepEqual(
      bench.gateway.take().map(({ kind }) => kind?.$case),
      ["rosterWanted"],
    );
  });

  it("keeps its newer link when the older one dies later", () => {
    const [older] = bench.links;
    const newer = bench.sessionLink("session-1");
    bench.fromSession[0]?.up(newer);
    if (older) bench.fromSession[0]?.down(older, "test");
    assert.equal(bench.sessions.all[0]?.link, newer);
  });

  it("ignores an event without a frame, and one without targets", () => {
    bench.sessionSays(
      { $case: "event", value: { targets: [target(Codec.JSON, [1])], frame: undefined } },
      { $case: "event", value: { targets: [], frame: { kind: deliver } } },
    );
    assert.deepEqual(bench.gateway.take(), []);
  });
});
