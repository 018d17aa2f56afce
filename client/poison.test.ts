import assert from "node:assert/strict";
import { NackReason } from "../gen/chat/client/v1/delivery.js";
import { ServerFrame } from "../gen/chat/client/v1/frames.js";
import { codecFor, FrameError } from "./codec.js";
import { Conversation } from "./conversation.js";
import { newConversation } from "./store.js";
import { Recorder } from "./testing/recorder.js";

const ME = "us_aaaaaaaaaaaaaaaa";
const PEER = "us_bbbbbbbbbbbbbbbb";
const ID = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";

function entryOf(seq: number, sender = PEER, id = `id-${seq}`) {
  const content = { kind: { $case: "text" as const, value: { text: `t${seq}` } } };
  return { seq, sender, clientMessageId: id, atUnixMs: 1, content, change: undefined };
}

function setUp() {
  const bad = new Set<string>();
  const apply = ({ text = "" }: { text?: string | undefined }) => {
    if (bad.has(text)) throw new Error("the app fails");
  };
  const conversation = new Conversation(newConversation(ID), [], {
    me: ME,
    apply,
    request: () => 1,
  });
  const out = new Recorder();
  conversation.attach(0);
  const deliver = (seq: number, sender = PEER, id = `id-${seq}`) => {
    const entry = entryOf(seq, sender, id);
    conversation.deliver({ conversation: ID, after: seq - 1, entry }, 0, out);
    conversation.flush(0, out);
  };
  const placeholder = (seq: number, sender = PEER, clientMessageId = `id-${seq}`) => {
    const value = { conversation: ID, after: seq - 1, seq, sender, clientMessageId, atUnixMs: 1 };
    conversation.placeholder({ ...value, reason: NackReason.APPLICATION }, 0, out);
    conversation.flush(0, out);
  };
  const replace = (seq: number) => {
    conversation.replace({ conversation: ID, entry: entryOf(seq) }, out);
    conversation.flush(0, out);
  };
  return { conversation, out, bad, deliver, placeholder, replace };
}

describe("a message that the app cannot take in", () => {
  it("is refused, and neither stored nor shown nor acknowledged", () => {
    const { out, bad, deliver } = setUp();
    bad.add("t2");
    deliver(1);
    out.clear();
    deliver(2);
    const reason = NackReason.APPLICATION;
    assert.deepEqual(out.frames, [{ $case: "nack", value: { conversation: ID, seq: 2, reason } }]);
    assert.deepEqual([out.writes, out.events], [[], []]);
  });

  it("is taken in when it works the next time", () => {
    const { out, bad, deliver } = setUp();
    bad.add("t1");
    deliver(1);
    bad.clear();
    deliver(1);
    assert.deepEqual(out.names(), ["message"]);
    assert.deepEqual(out.of("ack"), [{ conversation: ID, seq: 1 }]);
  });

  it("is not asked about once it is stored, nor when it is this device's own", () => {
    const { conversation, out, bad, deliver } = setUp();
    deliver(1);
    bad.add("t1").add("t2");
    deliver(1);
    const item = { conversation: ID, clientMessageId: "mine", text: "t2", queuedAtUnixMs: 1 };
    conversation.enqueue(item, 0, out);
    deliver(2, ME, "mine");
    assert.deepEqual(out.of("nack"), []);
    assert.deepEqual(out.names(), ["message", "sent"]);
  });

  it("is a placeholder when the server has given up: stored, shown and acknowledged", () => {
    const { conversation, out, deliver, placeholder } = setUp();
    placeholder(1);
    placeholder(1);
    deliver(2);
    assert.deepEqual(out.names(), ["placeholder", "message"]);
    assert.deepEqual(out.of("ack").at(-1), { conversation: ID, seq: 2 });
    assert.deepEqual(conversation.record.placeholders, [1]);
    const [write] = out.writes;
    assert.equal(write?.kind === "message" && write.message.placeholder, true);
  });

  it("leaves a gap before its placeholder to Resync", () => {
    const { out, placeholder } = setUp();
    placeholder(3);
    assert.deepEqual(out.names(), []);
    assert.deepEqual(out.of("resync"), [{ conversation: ID, last: 0 }]);
  });

  it("takes the place of its placeholder once, however often it comes", () => {
    const { conversation, out, placeholder, replace } = setUp();
    placeholder(1);
    out.clear();
    replace(1);
    replace(1);
    assert.deepEqual(out.names(), ["replaced"]);
    assert.equal(out.of("replaced").length, 2);
    assert.deepEqual(conversation.record.placeholders, []);
    const [write] = out.writes;
    assert.equal(write?.kind === "message" && write.message.text, "t1");
  });

  it("is refused again when it fails again", () => {
    const { conversation, out, bad, placeholder, replace } = setUp();
    placeholder(1);
    bad.add("t1");
    out.clear();
    replace(1);
    assert.deepEqual([out.names(), out.of("replaced")], [[], []]);
    assert.equal(out.of("nack")[0]?.seq, 1);
    assert.deepEqual(conversation.record.placeholders, [1]);
  });

  it("does not come out of turn: a Replace ahead of everything is left alone", () => {
    const { out, replace } = setUp();
    replace(5);
    assert.deepEqual([out.frames, out.events], [[], []]);
  });

  it("has no tick for its author, who is told when it has one after all", () => {
    const { conversation, out } = setUp();
    const told = { conversation: ID, delivered: 3, read: 3, ownRead: 0 };
    const clean = { exceptRanges: [], unreadRanges: [], settledVersion: 0 };
    conversation.receipt({ ...told, except: [2], ...clean }, out);
    conversation.receipt({ ...told, except: [2], ...clean }, out);
    assert.equal(conversation.wantsPull(), true);
    conversation.receipt({ ...told, except: [], ...clean }, out);
    const except = out.events.map((event) => event.name === "tick" && event.value.except);
    assert.deepEqual(except, [[2], []]);
    assert.equal(conversation.wantsPull(), false);
  });
});

describe("an entry that cannot be decoded", () => {
  const value = { conversation: ID, after: 6, seq: 7 };
  const entry = entryOf(7);
  const frames = {
    deliver: { $case: "deliver" as const, value: { conversation: ID, after: 6, entry } },
    replace: { $case: "replace" as const, value: { conversation: ID, entry } },
  };

  /** The frame with one byte of its text made a tag that no decoder takes. */
  function broken(kind: keyof typeof frames): ArrayBuffer {
    const bytes = ServerFrame.encode({ kind: frames[kind] }).finish();
    const at = Buffer.from(bytes).indexOf("t7");
    bytes[at - 2] = 0x0f;
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  }

  it("is named by its conversation and seq, in both codecs", () => {
    const proto = codecFor("chat.v1.proto");
    assert.deepEqual(proto.decode(broken("deliver")), { $case: "undecodable", value });
    const replaced = { conversation: ID, after: 0, seq: 7 };
    assert.deepEqual(proto.decode(broken("replace")), { $case: "undecodable", value: replaced });
    const json = ServerFrame.toJSON({ kind: frames.deliver }) as {
      deliver: { entry: { content: unknown; atUnixMs: unknown } };
    };
    json.deliver.entry.atUnixMs = "soon";
    const text = JSON.stringify(json);
    assert.deepEqual(codecFor("chat.v1.json").decode(text), { $case: "undecodable", value });
  });

  it("ends the connection when it does not even say which it is", () => {
    const bytes = new Uint8Array(broken("deliver"));
    const at = Buffer.from(bytes).indexOf(ID);
    const cut = bytes.slice(0, at + 8);
    assert.throws(() => codecFor("chat.v1.proto").decode(cut.buffer), FrameError);
  });

  it("is refused like one that the app cannot take in, unless it is here already", () => {
    const { conversation, out, deliver } = setUp();
    deliver(1);
    out.clear();
    conversation.undecodable({ ...value, after: 1, seq: 2 }, 0);
    conversation.flush(0, out);
    const reason = NackReason.UNDECODABLE;
    assert.deepEqual(out.of("nack"), [{ conversation: ID, seq: 2, reason }]);
    out.clear();
    conversation.undecodable({ ...value, after: 0, seq: 1 }, 0);
    conversation.flush(0, out);
    assert.deepEqual([out.of("nack"), out.of("ack").length], [[], 1]);
  });
});
