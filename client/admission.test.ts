import assert from "node:assert/strict";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { Conversation } from "./conversation.js";
import { newConversation } from "./store.js";
import { Recorder } from "./testing/recorder.js";

const GROUP = "gr_aaaaaaaaaaaaaaaa";
const ME = "us_aaaaaaaaaaaaaaaa";

function setUp(id = GROUP) {
  let requests = 0;
  const reader = { me: ME, apply: () => {}, request: () => ++requests };
  const conversation = new Conversation(newConversation(id), [], reader);
  const out = new Recorder();
  conversation.attach(0);
  const enqueue = (clientMessageId: string) => {
    const item = { conversation: id, clientMessageId, text: "t", queuedAtUnixMs: 1 };
    conversation.enqueue(item, 0, out);
  };
  const fails = (request: number, reason: FailReason, now = 0, retryAfterMs = 0) => {
    return conversation.answer({ request, reason, retryAfterMs }, now, out);
  };
  const answers = (request: number, now = 0) => {
    return conversation.answer({ request, conversation: id, number: 0 }, now, out);
  };
  const flush = (now: number) => conversation.flush(now, out);
  return { conversation, out, enqueue, fails, answers, flush };
}

describe("sending in a group of which this device knows nothing", () => {
  it("asks first, and sends when the user is a member", () => {
    const { conversation, out, enqueue, answers, flush } = setUp();
    enqueue("a");
    enqueue("b");
    flush(0);
    assert.deepEqual(out.of("getLastNumber"), [{ request: 1, conversation: GROUP }]);
    assert.deepEqual(out.of("send"), []);
    assert.equal(answers(7), false, "another conversation's answer");
    assert.equal(answers(1), true);
    assert.equal(conversation.dueAt(), 0);
    flush(1);
    const numbers = out.of("send").map(({ number }) => number);
    assert.deepEqual(numbers, [1, 2]);
    assert.equal(out.of("getLastNumber").length, 1);
  });

  it("refuses what waits when he is none: nothing was sent that could be taken in once he is", () => {
    const { conversation, out, enqueue, fails, flush } = setUp();
    enqueue("a");
    enqueue("b");
    flush(0);
    assert.equal(fails(1, FailReason.NOT_FOUND), true);
    flush(1);
    assert.deepEqual(out.names(), ["rejected", "rejected"]);
    assert.deepEqual(out.of("send"), []);
    assert.equal(conversation.outbox.size, 0);
    assert.equal(conversation.dueAt(), Number.POSITIVE_INFINITY);
    enqueue("c");
    flush(2);
    assert.equal(out.of("getLastNumber").length, 2, "he may have been added since");
  });

  it("asks again when no answer comes, when the server is busy, and on a new connection", () => {
    const { conversation, out, enqueue, fails, flush } = setUp();
    enqueue("a");
    flush(0);
    assert.equal(conversation.dueAt(), 5_000);
    flush(4_999);
    flush(5_000);
    assert.equal(out.of("getLastNumber").length, 2);
    assert.equal(fails(1, FailReason.NOT_FOUND), false, "the earlier question is not waited for");
    assert.equal(fails(2, FailReason.BUSY, 5_000, 700), true);
    assert.equal(conversation.dueAt(), 5_700);
    conversation.detach();
    conversation.attach(5_100);
    flush(5_100);
    assert.deepEqual(
      out.of("getLastNumber").map(({ request }) => request),
      [1, 2, 3],
    );
  });

  it("takes no late refusal from before an entry told of the group: what was sent since would be lost", () => {
    const { conversation, out, enqueue, fails, flush } = setUp();
    enqueue("a");
    flush(0);
    conversation.base({ conversation: GROUP, seq: 0 }, 0);
    flush(1);
    assert.equal(out.of("send").length, 1);
    assert.equal(fails(1, FailReason.NOT_FOUND), true);
    assert.deepEqual(out.names(), []);
    assert.equal(conversation.outbox.size, 1);
  });

  it("asks nothing when an entry or a base has told of the group, nor in a 1:1", () => {
    const based = setUp();
    based.conversation.base({ conversation: GROUP, seq: 0 }, 0);
    const direct = setUp("dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb");
    const told = setUp();
    const created = { $case: "created" as const, value: { name: "n", users: [ME] } };
    const about = { seq: 1, sender: ME, clientMessageId: "c", atUnixMs: 1, content: undefined };
    const entry = { ...about, change: { version: 1, kind: created as never } };
    told.conversation.deliver({ conversation: GROUP, after: 0, entry }, 0, told.out);
    for (const { out, enqueue, flush } of [based, direct, told]) {
      enqueue("a");
      flush(0);
      assert.equal(out.of("send").length, 1);
      assert.equal(out.of("getLastNumber").length, 0);
    }
  });
});
