import assert from "node:assert/strict";
import { ClientFrame, CloseCode } from "../gen/chat/client/v1/frames.js";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { RejectReason, Send } from "../gen/chat/client/v1/messages.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { limits } from "../lib/limits.js";
import {
  ALICE,
  BOB,
  CAROL,
  CHAT,
  type ClientKind,
  casesOf,
  FOREIGN_CHAT,
  GATEWAY,
  MESSAGE_ID,
  originOf,
  TestBench,
} from "./testing/test-bench.js";

const textOf = (text: string) => ({ kind: { $case: "text" as const, value: { text } } });
const sendOf = (fields: Partial<Send> = {}): ClientKind => ({
  $case: "send",
  value: Send.fromPartial({
    conversation: CHAT,
    clientMessageId: MESSAGE_ID,
    number: 1,
    content: textOf("hello"),
    ...fields,
  }),
});

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

  describe("Send with a permanent fault", () => {
    const { INVALID, CONTENT, NOT_FOUND } = RejectReason;
    const faults: [string, Partial<Send>, RejectReason][] = [
      ["without a conversation", { conversation: "" }, INVALID],
      ["to a user instead of a conversation", { conversation: BOB }, INVALID],
      ["to a conversation of another kind", { conversation: `gr${CHAT.slice(2)}` }, INVALID],
      ["to a conversation with its users swapped", { conversation: swapped(CHAT) }, INVALID],
      ["to a conversation of others", { conversation: FOREIGN_CHAT }, NOT_FOUND],
      ["without an id", { clientMessageId: "" }, INVALID],
      ["with an id in upper case", { clientMessageId: MESSAGE_ID.toUpperCase() }, INVALID],
      ["with number 0", { number: 0 }, INVALID],
      ["without content", { content: undefined }, INVALID],
      ["with content of no known kind", { content: { kind: undefined } }, CONTENT],
      ["with empty text", { content: textOf("") }, CONTENT],
      ["with text too long", { content: textOf("x".repeat(limits.textBytesMax + 1)) }, CONTENT],
    ];
    for (const [what, fields, reason] of faults) {
      it(`${what} is rejected for good, with its number free`, () => {
        const kind = sendOf(fields);
        bench.clientSends(kind);
        const { conversation, clientMessageId, number } = kind.value as Send;
        const value = { conversation, clientMessageId, number, reason, free: true };
        assert.deepEqual(bench.answers(), [{ $case: "rejected", value }]);
        nothingForwarded();
        assert.equal(bench.counters.rejected, 1);
      });
    }

    it("is rejected in JSON on a JSON connection", () => {
      const frame = { send: { conversation: CHAT, clientMessageId: MESSAGE_ID, number: 0 } };
      bench.clientWrites(Buffer.from(JSON.stringify(frame)), { codec: Codec.JSON });
      assert.deepEqual(bench.answers(), [
        {
          rejected: {
            conversation: CHAT,
            clientMessageId: MESSAGE_ID,
            reason: "REJECT_REASON_INVALID",
            free: true,
          },
        },
      ]);
    });

    it("gets no echo of ids that are no ids at all", () => {
      const long = "x".repeat(300);
      bench.clientSends(sendOf({ conversation: long, clientMessageId: long }));
      const value = {
        conversation: "",
        clientMessageId: "",
        number: 1,
        reason: INVALID,
        free: true,
      };
      assert.deepEqual(bench.answers(), [{ $case: "rejected", value }]);
    });

    it("cannot smuggle a field that this server does not know into what others are shown", () => {
      const content = Buffer.from([0x0a, 3, 0x0a, 1, 0x68, 0x10, 1]);
      const send = Send.encode((sendOf({ content: undefined }) as { value: Send }).value).finish();
      const body = Buffer.concat([send, Buffer.from([0x22, content.length]), content]);
      bench.clientWrites(Buffer.concat([Buffer.from([0x12, body.length]), body]));
      const [answer] = bench.answers() as { value: { reason: RejectReason } }[];
      assert.equal(answer?.value.reason, CONTENT);
      nothingForwarded();
    });
  });

  describe("with a question that has a fault", () => {
    const faults: [string, ClientKind, FailReason][] = [
      ["history of others", history({ conversation: FOREIGN_CHAT }), FailReason.NOT_FOUND],
      ["history of nothing", history({ conversation: "" }), FailReason.INVALID],
      ["more history than a page", history({ limit: 101 }), FailReason.INVALID],
      ["more conversations than a page", list({ limit: 501 }), FailReason.INVALID],
      ["conversations after no id", list({ after: "dm_Ö" }), FailReason.INVALID],
      ["conversations after a long text", list({ after: "a".repeat(65) }), FailReason.INVALID],
      ["info on others' entry", info({ conversation: FOREIGN_CHAT }), FailReason.NOT_FOUND],
      ["info on entry 0", info({ seq: 0 }), FailReason.INVALID],
      ["the last number in others' chat", lastNumber(FOREIGN_CHAT), FailReason.NOT_FOUND],
      ["the last number in no chat", lastNumber("dm_"), FailReason.INVALID],
    ];
    for (const [what, kind, reason] of faults) {
      it(`fails at once: ${what}`, () => {
        bench.clientSends(kind);
        const value = { request: 77, reason, retryAfterMs: 0 };
        assert.deepEqual(bench.answers(), [{ $case: "failed", value }]);
        nothingForwarded();
      });
    }
  });

  describe("without an answer that has a fault", () => {
    const faults: [string, ClientKind][] = [
      [
        "an Ack of others' conversation",
        { $case: "ack", value: { conversation: FOREIGN_CHAT, seq: 1 } },
      ],
      ["an Ack of nothing", { $case: "ack", value: { conversation: CHAT, seq: 0 } }],
      [
        "a Read without conversation",
        { $case: "read", value: { conversation: "", seq: 1, automatic: false } },
      ],
      [
        "a Read of others' conversation",
        { $case: "read", value: { conversation: FOREIGN_CHAT, seq: 1, automatic: false } },
      ],
      [
        "a Resync of others' conversation",
        { $case: "resync", value: { conversation: FOREIGN_CHAT, last: 1 } },
      ],
      ["a Resume without token", { $case: "resume", value: { token: 0 } }],
      ["a PullReceipts of nothing", { $case: "pullReceipts", value: { conversations: [] } }],
      [
        "a PullReceipts of too many",
        { $case: "pullReceipts", value: { conversations: Array(101).fill(CHAT) } },
      ],
      [
        "a PullReceipts of others",
        { $case: "pullReceipts", value: { conversations: [FOREIGN_CHAT] } },
      ],
    ];
    for (const [what, kind] of faults) {
      it(`is dropped and counted: ${what}`, () => {
        bench.clientSends(kind);
        nothingForwarded();
        assert.deepEqual(bench.gateway.take(), []);
        assert.equal(bench.counters.dropped, 1);
      });
    }
  });

  it("with receipts to pull keeps only the sender's own conversations, each once", () => {
    const mine = [CHAT, directTo(CAROL)];
    const conversations = [CHAT, FOREIGN_CHAT, "dm_", directTo(CAROL), CHAT];
    bench.clientSends({ $case: "pullReceipts", value: { conversations } });
    const [command] = bench.commands();
    assert.deepEqual(command?.frame?.kind, {
      $case: "pullReceipts",
      value: { conversations: mine },
    });
    assert.equal(bench.counters.dropped, 3);
  });

  describe("that cannot be decoded closes its connection and no other", () => {
    const broken: [string, Uint8Array, Codec][] = [
      ["nothing at all", Buffer.alloc(0), Codec.PROTO],
      ["no known arm", Buffer.from([0x7a, 0]), Codec.PROTO],
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
        assert.equal(bench.counters.lost, 3);
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

function directTo(user: string): string {
  return `dm_${ALICE.slice(3)}_${user.slice(3)}`;
}

function swapped(id: string): string {
  const [, x, y] = id.split("_");
  return `dm_${y}_${x}`;
}

function history(fields: { conversation?: string; limit?: number }): ClientKind {
  return {
    $case: "fetchHistory",
    value: { request: 77, conversation: CHAT, before: 0, limit: 0, ...fields },
  };
}

function list(fields: { after?: string; limit?: number }): ClientKind {
  return { $case: "listConversations", value: { request: 77, after: "", limit: 0, ...fields } };
}

function info(fields: { conversation?: string; seq?: number }): ClientKind {
  return {
    $case: "getMessageInfo",
    value: { request: 77, conversation: CHAT, seq: 1, ...fields },
  };
}

function lastNumber(conversation: string): ClientKind {
  return { $case: "getLastNumber", value: { request: 77, conversation } };
}
