import assert from "node:assert/strict";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { RejectReason, Send } from "../gen/chat/client/v1/messages.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { limits } from "../lib/limits.js";
import { history, info, lastNumber, list, sendOf, textOf } from "./testing/frames.js";
import {
  ALICE,
  BOB,
  CAROL,
  CHAT,
  type ClientKind,
  FOREIGN_CHAT,
  MESSAGE_ID,
  TestBench,
} from "./testing/test-bench.js";

describe("a client frame", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench();
  });
  const nothingForwarded = () => assert.deepEqual(bench.commands(), []);

  describe("Send with a permanent fault", () => {
    const { INVALID, CONTENT, NOT_FOUND } = RejectReason;
    const faults: [string, Partial<Send>, RejectReason][] = [
      ["without a conversation", { conversation: "" }, INVALID],
      ["to a user instead of a conversation", { conversation: BOB }, INVALID],
      ["to a conversation of another kind", { conversation: `gr${CHAT.slice(2)}` }, INVALID],
      ["to a group whose id is too short", { conversation: "gr_0123456789abcde" }, INVALID],
      ["to a group in upper case", { conversation: "gr_0123456789ABCDEF" }, INVALID],
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
});

function directTo(user: string): string {
  return `dm_${ALICE.slice(3)}_${user.slice(3)}`;
}

function swapped(id: string): string {
  const [, x, y] = id.split("_");
  return `dm_${y}_${x}`;
}
