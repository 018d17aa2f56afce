import assert from "node:assert/strict";
import { ClientFrame, CloseCode } from "../gen/chat/client/v1/frames.js";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { limits } from "../lib/limits.js";
import { history, sendOf, textOf } from "./testing/frames.js";
import {
  CHAT,
  type ClientKind,
  casesOf,
  GATEWAY,
  MESSAGE_ID,
  originOf,
  TestBench,
} from "./testing/test-bench.js";

const GROUP = "gr_0123456789abcdef";

describe("a client frame", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench();
  });
  const nothingForwarded = () => assert.deepEqual(bench.commands(), []);

  describe("that is right", () => {
    const right: ClientKind[] = [
      sendOf({ acked: 9, automatic: true }),
      sendOf({ content: textOf("é".repeat(limits.textBytesMax / 2)) }),
      { $case: "ack", value: { conversation: CHAT, seq: 3 } },
      { $case: "read", value: { conversation: CHAT, seq: 3, automatic: false } },
      { $case: "resync", value: { conversation: CHAT, last: 0 } },
      { $case: "resume", value: { token: 5 } },
      { $case: "ackBases", value: {} },
      { $case: "pullReceipts", value: { conversations: [CHAT] } },
      {
        $case: "fetchHistory",
        value: { request: 1, conversation: CHAT, before: 0, limit: 100 },
      },
      { $case: "listConversations", value: { request: 1, after: CHAT, limit: 500 } },
      { $case: "getMessageInfo", value: { request: 1, conversation: CHAT, seq: 1 } },
      { $case: "getLastNumber", value: { request: 1, conversation: CHAT } },
      // Of a group the owner alone knows who is in it.
      sendOf({ conversation: GROUP }),
      { $case: "read", value: { conversation: GROUP, seq: 3, automatic: false } },
      { $case: "pullReceipts", value: { conversations: [GROUP, CHAT] } },
      { $case: "fetchHistory", value: { request: 1, conversation: GROUP, before: 0, limit: 100 } },
    ];
    for (const kind of right) {
      it(`goes to the session with its sender beside it: ${kind.$case}`, () => {
        bench.clientSends(kind);
        const frame = ClientFrame.decode(ClientFrame.encode({ kind }).finish());
        assert.deepEqual(bench.commands(), [
          { gateway: GATEWAY, origin: originOf(), frame, traceparent: "" },
        ]);
        assert.deepEqual(bench.answers(), []);
      });
    }

    it("keeps the trace context of a sampled frame, and nothing that is none", () => {
      const bytes = ClientFrame.encode({ kind: { $case: "ackBases", value: {} } }).finish();
      const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
      bench.clientWrites(bytes, {}, trace);
      bench.clientWrites(bytes, {}, "long ".repeat(1000));
      assert.deepEqual(
        bench.commands().map(({ traceparent }) => traceparent),
        [trace, ""],
      );
    });

    it("is answered here when it is a Ping, in the codec of the connection", () => {
      bench.clientSends({ $case: "ping", value: { nonce: 12 } });
      bench.clientWrites(Buffer.from('{"ping":{"nonce":"13"}}'), { codec: Codec.JSON });
      assert.deepEqual(bench.answers(), [
        { $case: "pong", value: { nonce: 12 } },
        { pong: { nonce: "13" } },
      ]);
      nothingForwarded();
    });
  });

  describe("that cannot be decoded closes its connection and no other", () => {
    const broken: [string, Uint8Array, Codec][] = [
      ["nothing at all", Buffer.alloc(0), Codec.PROTO],
      ["no known arm", Buffer.from([0xf2, 1, 0]), Codec.PROTO],
      ["two arms", Buffer.from([0x3a, 0, 0x0a, 0]), Codec.PROTO],
      ["an arm of another wire type", Buffer.from([0x38, 1]), Codec.PROTO],
      ["a truncated length", Buffer.from([0x12, 50, 1]), Codec.PROTO],
      ["text that is not UTF-8", Buffer.from([0x1a, 3, 0x0a, 1, 0xff]), Codec.PROTO],
      ["a repeated field", Buffer.from([0x1a, 4, 0x10, 1, 0x10, 2]), Codec.PROTO],
      ["a group", Buffer.from([0x3a, 2, 0x0b, 0x0c]), Codec.PROTO],
      [
        "a number above 2^53",
        Buffer.from([0x1a, 9, 0x10, 255, 255, 255, 255, 255, 255, 255, 127]),
        Codec.PROTO,
      ],
      ["binary on a JSON connection", Buffer.from([0x3a, 0]), Codec.JSON],
      ["JSON that is none", Buffer.from("{"), Codec.JSON],
      ["an unknown key", Buffer.from('{"ackBases":{"x":1}}'), Codec.JSON],
      ["a key twice", Buffer.from('{"ackBases":{},"ackBases":{}}'), Codec.JSON],
      ["a lone surrogate", Buffer.from('{"ack":{"conversation":"\\ud800"}}'), Codec.JSON],
      ["a JSON number above 2^53", Buffer.from('{"ack":{"seq":9007199254740992}}'), Codec.JSON],
      ["NaN", Buffer.from('{"ack":{"seq":NaN}}'), Codec.JSON],
      ["a prototype", Buffer.from('{"__proto__":{"ackBases":{}}}'), Codec.JSON],
      ["JSON nested without end", Buffer.from("[".repeat(60_000)), Codec.JSON],
      ["JSON that is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), Codec.JSON],
    ];
    for (const [what, bytes, codec] of broken) {
      it(what, () => {
        bench.clientWrites(bytes, { codec });
        const [close, ...rest] = casesOf(bench.gateway.take(), "close");
        assert.deepEqual(rest, []);
        assert.equal(close?.connection, 7);
        assert.equal(close?.code, CloseCode.INVALID_FRAME);
        assert.ok(close && close.reason.length > 0 && close.reason.length <= 100);
        nothingForwarded();
        assert.equal(bench.counters.bugs, 0);
      });
    }

    it("also when a good frame comes before and after it in the same batch", () => {
      const inbound = (connection: number, data: Buffer) => ({
        $case: "inbound" as const,
        value: { origin: originOf({ connection }), data, traceparent: "" },
      });
      const good = Buffer.from([0x3a, 0]);
      bench.gatewaySays(inbound(1, good), inbound(2, Buffer.from([0xff])), inbound(3, good));
      const commands = bench.commands();
      assert.deepEqual(
        commands.map(({ origin }) => origin?.connection),
        [1, 3],
      );
      const closes = casesOf(bench.gateway.take(), "close");
      assert.deepEqual(
        closes.map(({ connection }) => connection),
        [2],
      );
    });

    it("with its own code when it is too large", () => {
      bench.clientWrites(Buffer.alloc(limits.frameBytesMax + 1));
      const [close] = casesOf(bench.gateway.take(), "close");
      assert.equal(close?.code, CloseCode.FRAME_TOO_LARGE);
    });
  });

  describe("that finds no session", () => {
    for (const why of ["there is no link", "the link has no room"]) {
      it(`gets Busy for a Send when ${why}`, () => {
        cut(bench, why);
        bench.clientSends(sendOf());
        const value = { conversation: CHAT, clientMessageId: MESSAGE_ID, retryAfterMs: 1000 };
        assert.deepEqual(bench.answers(), [{ $case: "busy", value }]);
        assert.equal(bench.counters.busy, 1);
      });

      it(`gets Failed for a question when ${why}`, () => {
        cut(bench, why);
        bench.clientSends(history({}));
        const value = { request: 77, reason: FailReason.BUSY, retryAfterMs: 1000 };
        assert.deepEqual(bench.answers(), [{ $case: "failed", value }]);
      });

      it(`is lost and counted when it is no question and ${why}`, () => {
        cut(bench, why);
        bench.clientSends({ $case: "ack", value: { conversation: CHAT, seq: 3 } });
        bench.clientSends({ $case: "pullReceipts", value: { conversations: [CHAT] } });
        bench.clientSends({ $case: "resume", value: { token: 3 } });
        assert.deepEqual(bench.gateway.take(), []);
        // A link without room for sends still takes what is never shed.
        assert.equal(bench.counters.lost, why === "there is no link" ? 3 : 1);
      });
    }

    it("gives way by its class: receipts are dropped while messages still pass", () => {
      bench.links[0]?.full.add(3);
      bench.clientSends({ $case: "read", value: { conversation: CHAT, seq: 3, automatic: false } });
      bench.clientSends(sendOf());
      assert.deepEqual(
        bench.commands().map(({ frame }) => frame?.kind?.$case),
        ["send"],
      );
    });
  });
});

function cut(bench: TestBench, why: string): void {
  const [link] = bench.links;
  if (link && why === "the link has no room") link.full.add(1);
  else if (link) bench.fromSession[0]?.down(link, "test");
}
