import assert from "node:assert/strict";
import type { GroupChange } from "../gen/chat/client/v1/groups.js";
import { Conversation } from "./conversation.js";
import type { Reader } from "./intake.js";
import { newConversation } from "./store.js";
import { Recorder } from "./testing/recorder.js";

const ME = "us_aaaaaaaaaaaaaaaa";
const PEER = "us_bbbbbbbbbbbbbbbb";
const ID = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";

function setUp(apply: Reader["apply"] = () => {}) {
  const conversation = new Conversation(newConversation(ID), [], {
    me: ME,
    apply,
    request: () => 1,
  });
  const out = new Recorder();
  conversation.attach(0);
  const deliver = (seq: number, after: number, sender = PEER, id = `id-${seq}`) => {
    const content = { kind: { $case: "text" as const, value: { text: `t${seq}` } } };
    const message = { seq, sender, clientMessageId: id, atUnixMs: 1 };
    const entry = { ...message, content, change: undefined };
    conversation.deliver({ conversation: ID, after, entry }, 0, out);
  };
  const sent = (id: string, seq: number, after: number, now = 0) => {
    const value = { conversation: ID, clientMessageId: id, seq, after, atUnixMs: 1 };
    conversation.sent(value, now, out);
  };
  const enqueue = (id: string) => {
    const item = { conversation: ID, clientMessageId: id, text: `t-${id}`, queuedAtUnixMs: 1 };
    conversation.enqueue(item, 0, out);
  };
  return { conversation, out, deliver, sent, enqueue };
}

describe("a conversation receiving entries", () => {
  it("knows a group by name from the entry that adds its user on", () => {
    const { conversation, out } = setUp();
    const change = (seq: number, kind: GroupChange["kind"]) => {
      const message = { seq, sender: PEER, clientMessageId: `id-${seq}`, atUnixMs: 1 };
      const entry = { ...message, content: undefined, change: { version: seq, kind } };
      conversation.deliver({ conversation: ID, after: seq === 7 ? 0 : seq - 1, entry }, 0, out);
      return conversation.record.group;
    };
    const added = { $case: "added" as const, value: { users: [ME], name: "club" } };
    assert.deepEqual(change(7, added), { version: 7, name: "club" });
    const described = { $case: "described" as const, value: { description: "x" } };
    assert.deepEqual(change(8, described), { version: 8, name: "club" });
    const joined = { $case: "joined" as const, value: { name: "" } };
    assert.deepEqual(change(9, joined), { version: 9, name: "club" }, "an old entry has none");
  });

  it("shows, stores and acknowledges an entry that follows the last one", () => {
    const { conversation, out, deliver } = setUp();
    deliver(3, 0);
    conversation.flush(0, out);
    assert.deepEqual(out.names(), ["message"]);
    assert.deepEqual(out.of("ack"), [{ conversation: ID, seq: 3 }]);
    assert.deepEqual(
      out.writes.map((write) => write.kind),
      ["message", "conversation"],
    );
  });

  it("acknowledges several entries of one turn once", () => {
    const { conversation, out, deliver } = setUp();
    for (const seq of [1, 2, 3]) deliver(seq, seq - 1);
    conversation.flush(0, out);
    assert.deepEqual(out.of("ack"), [{ conversation: ID, seq: 3 }]);
  });

  it("drops an entry it has and acknowledges the last one again", () => {
    const { conversation, out, deliver } = setUp();
    deliver(1, 0);
    deliver(2, 1);
    conversation.flush(0, out);
    out.clear();
    deliver(1, 0);
    conversation.flush(0, out);
    assert.deepEqual(out.names(), []);
    assert.deepEqual(out.of("ack"), [{ conversation: ID, seq: 2 }]);
  });

  it("drops an entry behind a gap and sends one Resync, repeated after 5 s", () => {
    const { conversation, out, deliver } = setUp();
    deliver(1, 0);
    for (const seq of [3, 4, 5]) deliver(seq, seq - 1);
    conversation.flush(0, out);
    assert.deepEqual(out.of("resync"), [{ conversation: ID, last: 1 }]);
    assert.deepEqual(out.names(), ["message"]);
    out.clear();
    conversation.flush(4_999, out);
    assert.deepEqual(out.frames, []);
    assert.equal(conversation.dueAt(), 5_000);
    conversation.flush(5_000, out);
    assert.deepEqual(out.of("resync"), [{ conversation: ID, last: 1 }]);
  });

  it("sends another Resync when the redelivery itself has a gap", () => {
    const { conversation, out, deliver } = setUp();
    for (const seq of [4, 5]) deliver(seq, seq - 1);
    conversation.flush(0, out);
    deliver(1, 0);
    deliver(3, 2);
    conversation.flush(0, out);
    assert.deepEqual(
      out.of("resync").map((frame) => frame.last),
      [0, 1],
    );
  });

  it("does not take a gap for one while the bases of a new device are unknown", () => {
    const { conversation, out } = setUp();
    const message = { seq: 9, sender: PEER, clientMessageId: "x", atUnixMs: 1 };
    const entry = { ...message, content: undefined, change: undefined };
    conversation.deliver({ conversation: ID, after: 8, entry }, 0, out, true);
    conversation.flush(0, out);
    assert.deepEqual(out.frames, []);
    conversation.base({ conversation: ID, seq: 8 }, 0);
    conversation.basesStored(0);
    conversation.flush(0, out);
    assert.deepEqual(out.of("resync"), [{ conversation: ID, last: 8 }]);
  });

  it("ignores entries that contradict themselves", () => {
    const { conversation, out, deliver } = setUp();
    deliver(0, 0);
    deliver(2, 2);
    conversation.flush(0, out);
    assert.deepEqual([out.frames, out.events, out.writes], [[], [], []]);
  });
});

describe("a conversation sending", () => {
  it("acknowledges its own entry within 2 s when nothing else does", () => {
    const { conversation, out, sent, enqueue } = setUp();
    enqueue("a");
    conversation.flush(0, out);
    sent("a", 1, 0, 100);
    out.clear();
    conversation.flush(100, out);
    assert.deepEqual(out.frames, []);
    assert.equal(conversation.dueAt(), 2_100);
    conversation.flush(2_100, out);
    assert.deepEqual(out.of("ack"), [{ conversation: ID, seq: 1 }]);
  });

  it("acknowledges with the next Send instead of an Ack", () => {
    const { conversation, out, deliver, enqueue } = setUp();
    deliver(1, 0);
    enqueue("a");
    conversation.flush(0, out);
    assert.equal(out.of("send")[0]?.acked, 1);
    assert.deepEqual(out.of("ack"), []);
    assert.equal(conversation.dueAt(), 5_000);
  });

  it("settles a send whose Sent was lost when its entry is delivered", () => {
    const { conversation, out, deliver, sent, enqueue } = setUp();
    enqueue("a");
    conversation.flush(0, out);
    deliver(1, 0, ME, "a");
    sent("a", 1, 0);
    assert.deepEqual(out.names(), ["sent"]);
    assert.equal(conversation.outbox.size, 0);
  });

  it("does not let an own entry carry `last` over a gap, but follows when the gap closes", () => {
    const { conversation, out, deliver, sent, enqueue } = setUp();
    enqueue("a");
    conversation.flush(0, out);
    sent("a", 2, 1);
    assert.equal(conversation.record.last, 0);
    deliver(1, 0);
    assert.equal(conversation.record.last, 2);
    deliver(2, 1, ME, "a");
    assert.deepEqual(out.names(), ["sent", "message"]);
  });

  it("does not let Sent of an unknown message hide its entry", () => {
    const { conversation, out, deliver, sent } = setUp();
    sent("lost", 1, 0);
    assert.equal(conversation.record.last, 0);
    deliver(1, 0, ME, "lost");
    assert.deepEqual(out.names(), ["message"]);
  });

  it("tells of a rejected message once, with its reason", () => {
    const { conversation, out, enqueue } = setUp();
    enqueue("a");
    conversation.flush(0, out);
    const value = { conversation: ID, clientMessageId: "a", number: 1, reason: 3, free: true };
    conversation.rejected(value, 0, out);
    conversation.rejected(value, 0, out);
    assert.deepEqual(
      out.events.map((event) => event.name === "rejected" && event.value.reason),
      ["NOT_FOUND"],
    );
  });
});

describe("a conversation's read position and ticks", () => {
  it("repeats Read every 30 s, marked automatic, until the server shows it", () => {
    const { conversation, out, deliver } = setUp();
    deliver(1, 0);
    conversation.markRead(7, 0);
    conversation.flush(0, out);
    conversation.flush(30_000, out);
    assert.deepEqual(out.of("read"), [
      { conversation: ID, seq: 1, automatic: false },
      { conversation: ID, seq: 1, automatic: true },
    ]);
    conversation.receipt(
      {
        conversation: ID,
        delivered: 0,
        read: 0,
        ownRead: 1,
        except: [],
        exceptRanges: [],
        settledVersion: 0,
        unreadRanges: [],
      },
      out,
    );
    assert.equal(conversation.dueAt(), Number.POSITIVE_INFINITY);
    assert.deepEqual(out.names(), ["message", "ownRead"]);
  });

  it("repeats an unconfirmed Read on the next connection", () => {
    const { conversation, out, deliver } = setUp();
    deliver(1, 0);
    conversation.markRead(1, 0);
    conversation.flush(0, out);
    conversation.detach();
    out.clear();
    conversation.attach(9_000);
    conversation.flush(9_000, out);
    assert.deepEqual(out.of("read"), [{ conversation: ID, seq: 1, automatic: true }]);
  });

  it("never lets a tick go back", () => {
    const { conversation, out } = setUp();
    conversation.receipt(
      {
        conversation: ID,
        delivered: 5,
        read: 3,
        ownRead: 0,
        except: [],
        exceptRanges: [],
        settledVersion: 0,
        unreadRanges: [],
      },
      out,
    );
    conversation.receipt(
      {
        conversation: ID,
        delivered: 4,
        read: 2,
        ownRead: 0,
        except: [],
        exceptRanges: [],
        settledVersion: 0,
        unreadRanges: [],
      },
      out,
    );
    assert.deepEqual(out.names(), ["tick"]);
    assert.deepEqual([conversation.record.delivered, conversation.record.peerRead], [5, 3]);
  });

  it("asks for ticks while the newest own message lacks its last one, or something is unread", () => {
    const { conversation, out, deliver, sent, enqueue } = setUp();
    assert.equal(conversation.wantsPull(), false);
    enqueue("a");
    conversation.flush(0, out);
    sent("a", 1, 0);
    assert.equal(conversation.wantsPull(), true);
    conversation.receipt(
      {
        conversation: ID,
        delivered: 1,
        read: 1,
        ownRead: 0,
        except: [],
        exceptRanges: [],
        settledVersion: 0,
        unreadRanges: [],
      },
      out,
    );
    assert.equal(conversation.wantsPull(), false);
    deliver(2, 1);
    assert.equal(conversation.wantsPull(), true);
  });
});
