import assert from "node:assert/strict";
import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { Receipt } from "../gen/chat/client/v1/receipts.js";
import { directId, newId } from "../lib/ids.js";
import { startPair } from "./testing/pair.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

describe("the session service", () => {
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let chat: string;

  beforeEach(async () => {
    ({ rig, a, b, chat } = await startPair());
  });

  afterEach(() => rig.stop());

  it("stores a message, confirms it to the sender and delivers it to the peer", async () => {
    const id = a.send(chat, 1, "hello");
    await rig.until(() => b.seqs.length > 0);
    const sent = a.last("sent");
    assert.equal(sent?.clientMessageId, id);
    assert.equal(sent?.seq, 1);
    assert.equal(sent?.after, 0);
    const delivered = b.last("deliver");
    assert.equal(delivered?.conversation, chat);
    assert.equal(delivered?.after, 0);
    assert.equal(delivered?.entry?.sender, a.user);
    assert.deepEqual(delivered?.entry?.content?.kind?.value, { text: "hello" });
    assert.deepEqual(a.seqs, []);
  });

  it("tells the author of ticks once they are durable, and the reader of his own cursor", async () => {
    a.send(chat, 1);
    await rig.until(() => b.seqs.length > 0);
    b.ack(chat, 1);
    await rig.until(() => a.last("receipt")?.delivered === 1);
    assert.equal(a.last("receipt")?.read, 0);
    b.read(chat, 1);
    await rig.until(() => a.last("receipt")?.read === 1);
    await rig.until(() => b.last("receipt")?.ownRead === 1);
  });

  it("answers a repeated send with the same seq, and delivers it once", async () => {
    const id = a.send(chat, 1, "once");
    a.send(chat, 1, "once", id);
    await rig.settle();
    a.send(chat, 1, "once", id);
    a.send(chat, 7, "once", id);
    await rig.settle();
    assert.ok(a.all("sent").length >= 3);
    assert.ok(a.all("sent").every(({ seq }) => seq === 1));
    assert.deepEqual(b.seqs, [1]);
  });

  it("answers Conflict to a used number or id with another message", async () => {
    const id = a.send(chat, 1, "one");
    await rig.settle();
    a.send(chat, 1, "other body", id);
    const other = a.send(chat, 1, "other id");
    await rig.settle();
    assert.deepEqual(
      a.all("conflict").map((conflict) => conflict.clientMessageId),
      [id, other],
    );
    assert.deepEqual(b.seqs, [1]);
  });

  it("asks for the missing number and keeps the order of the sender", async () => {
    a.send(chat, 2, "two");
    await rig.settle();
    assert.equal(a.last("outOfOrder")?.expected, 1);
    a.send(chat, 1, "one");
    a.send(chat, 2, "two");
    await rig.settle();
    const texts = b.all("deliver").map(({ entry }) => entry?.content?.kind?.value.text);
    assert.deepEqual(texts, ["one", "two"]);
  });

  it("rejects a conversation with somebody who does not exist, and uses no number up", async () => {
    await rig.stop();
    const ghost = newId("us");
    rig = await Rig.start({ unknownUsers: new Set([ghost]) });
    a = rig.device(newId("us")).attach();
    a.send(directId(a.user, ghost), 1);
    await rig.until(() => a.last("rejected") !== undefined);
    assert.equal(a.last("rejected")?.reason, RejectReason.NOT_FOUND);
    assert.equal(a.last("rejected")?.free, true);
  });

  it("gives a returning device what it missed, then says so", async () => {
    b.detach();
    for (let n = 1; n <= 5; n++) a.send(chat, n);
    await rig.settle();
    b.attach();
    b.say({ $case: "resume", value: { token: 9 } });
    await rig.until(() => b.seqs.length === 5);
    assert.deepEqual(b.seqs, [1, 2, 3, 4, 5]);
    assert.equal(b.last("caughtUp"), undefined);
    b.ack(chat, 5);
    await rig.until(() => b.last("caughtUp")?.token === 9);
    assert.equal(b.last("caughtUp")?.pending, 0);
  });

  it("never has more than the window in flight to one device", async () => {
    b.detach();
    for (let n = 1; n <= 200; n++) a.send(chat, n);
    await rig.settle();
    b.attach();
    await rig.until(() => b.seqs.length === 64);
    await rig.settle();
    assert.equal(b.seqs.length, 64);
    for (let acked = 64; acked < 200; acked = b.seqs.length) {
      b.ack(chat, acked);
      await rig.until(() => b.seqs.length > acked);
    }
    assert.deepEqual(
      b.seqs,
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
  });

  it("starts a new device at the heads and tells it where they are", async () => {
    for (let n = 1; n <= 3; n++) a.send(chat, n);
    await rig.settle();
    rig.clock.advance(120_000);
    await rig.settle();
    const second = rig.device(b.user).attach();
    second.say({ $case: "resume", value: { token: 1 } });
    await rig.until(() => second.last("caughtUp") !== undefined);
    assert.deepEqual(second.last("bases"), {
      bases: [{ conversation: chat, seq: 3 }],
      complete: true,
    });
    a.send(chat, 4);
    await rig.until(() => second.seqs.length > 0);
    assert.deepEqual(second.last("deliver")?.after, 3);
    second.say({ $case: "ackBases", value: {} });
    await rig.settle();
    second.attach();
    second.received.length = 0;
    second.say({ $case: "resume", value: { token: 2 } });
    await rig.until(() => second.seqs.length > 0);
    assert.equal(second.last("bases"), undefined);
    assert.deepEqual(second.seqs, [4]);
  });

  it("gives the sender's other devices a copy", async () => {
    const tablet = rig.device(a.user).attach();
    await rig.settle();
    const id = a.send(chat, 1);
    await rig.until(() => tablet.seqs.length > 0);
    assert.equal(tablet.last("deliver")?.entry?.clientMessageId, id);
    assert.deepEqual(a.seqs, []);
  });

  it("obeys Resync, also below the acknowledged", async () => {
    for (let n = 1; n <= 4; n++) a.send(chat, n);
    await rig.settle();
    b.ack(chat, 4);
    await rig.settle();
    b.received.length = 0;
    b.say({ $case: "resync", value: { conversation: chat, last: 2 } });
    await rig.until(() => b.seqs.length === 2);
    assert.deepEqual(b.seqs, [3, 4]);
  });

  it("ignores an acknowledgement above the head", async () => {
    a.send(chat, 1);
    await rig.settle();
    b.ack(chat, 5);
    b.read(chat, 2);
    await rig.settle();
    assert.deepEqual(rig.receipts.seen, []);
    assert.equal(a.last("receipt"), undefined);
  });

  it("lets the newest connection of a device win, whatever comes in which order", async () => {
    const first = b.connection;
    b.attach();
    await rig.settle();
    assert.equal(b.closed, undefined);
    const stale = { ...b.origin, connection: first };
    rig.toSession({
      $case: "attach",
      value: { gateway: rig.gateway, attach: { origin: stale, connect: 1 } },
    });
    await rig.settle();
    a.send(chat, 1);
    await rig.until(() => b.seqs.length > 0);
  });

  it("learns from the roster who came and who went", async () => {
    rig.roster(b);
    await rig.settle();
    assert.equal(rig.service.home.users.get(a.user)?.devices[0]?.connection, undefined);
    a.connection = rig.nextConnection(a);
    rig.roster(a, b);
    await rig.settle();
    a.send(chat, 1);
    await rig.until(() => b.seqs.length > 0 && a.last("sent") !== undefined);
  });

  it("delivers what was lost with a link as soon as the roster names the device again", async () => {
    b.ack(chat, 0);
    await rig.breakParserLink();
    a.send(chat, 1);
    await rig.settle();
    b.received.length = 0;
    await rig.breakParserLink();
    rig.roster(a, b);
    await rig.until(() => b.seqs.length > 0);
    assert.deepEqual(b.seqs, [1]);
  });

  it("pushes nothing to a stalled connection, and all of it after it is attached again", async () => {
    const stalled = { origin: b.origin };
    rig.toSession({ $case: "stalled", value: { gateway: rig.gateway, stalled } });
    for (let n = 1; n <= 3; n++) a.send(chat, n);
    await rig.settle();
    assert.deepEqual(b.seqs, []);
    rig.roster(a, b);
    await rig.settle();
    assert.deepEqual(b.seqs, []);
    b.reattach();
    await rig.until(() => b.seqs.length === 3);
  });

  it("pages through history and lists conversations", async () => {
    for (let n = 1; n <= 5; n++) a.send(chat, n);
    await rig.settle();
    const ask = { conversation: chat, before: 0, limit: 2 };
    b.say({ $case: "fetchHistory", value: { request: 1, ...ask } });
    await rig.until(() => b.last("history") !== undefined);
    const page = b.last("history");
    assert.deepEqual(
      page?.entries.map(({ seq }) => seq),
      [4, 5],
    );
    assert.equal(page?.before, 4);
    b.say({ $case: "fetchHistory", value: { request: 2, ...ask, before: 3, limit: 9 } });
    await rig.until(() => b.last("history")?.request === 2);
    assert.equal(b.last("history")?.before, 0);
    b.say({ $case: "listConversations", value: { request: 3, after: "", limit: 0 } });
    // Another question while the store is being asked does not change whose answer it is.
    b.say({ $case: "fetchHistory", value: { request: 4, ...ask, before: 3, limit: 9 } });
    await rig.until(() => b.last("conversations") !== undefined);
    assert.equal(b.last("conversations")?.request, 3);
    assert.equal(b.last("conversations")?.conversations[0]?.conversation, chat);
  });

  it("tells only the author who received and read an entry", async () => {
    a.send(chat, 1);
    await rig.settle();
    const value = { request: 4, conversation: chat, seq: 1 };
    a.say({ $case: "getMessageInfo", value });
    b.say({ $case: "getMessageInfo", value });
    await rig.until(() => a.last("messageInfo") !== undefined && b.last("failed") !== undefined);
    assert.equal(a.last("messageInfo")?.members[0]?.user, b.user);
  });

  it("answers a pull with the own read position that another session was told of", async () => {
    for (const device of [a, b]) device.send(chat, 1);
    await rig.settle();
    for (const device of [a, b]) device.read(chat, 2);
    await rig.settle();
    const next = await Rig.start({ kv: rig.kv });
    for (const [key, cursors] of rig.receipts.cursors) next.receipts.cursors.set(key, cursors);
    const [alice, bob] = [a, b].map(({ user }) => next.device(user).attach());
    await next.settle();
    // All that this session hears of the conversation by itself is about Bob.
    bob?.send(chat, 1);
    await next.settle();
    bob?.read(chat, 3);
    await next.settle();
    alice?.received.splice(0);
    alice?.say({ $case: "pullReceipts", value: { conversations: [chat] } });
    await next.until(() => alice?.last("receipt") !== undefined);
    assert.equal(alice?.last("receipt")?.ownRead, 2);
    await next.stop();
  });

  it("answers a pull with what is durable, also for a conversation that left memory", async () => {
    a.send(chat, 1);
    await rig.settle();
    b.read(chat, 1);
    await rig.settle();
    a.received.length = 0;
    a.say({ $case: "pullReceipts", value: { conversations: [chat] } });
    await rig.until(() => a.last("receipt") !== undefined);
    const told = Receipt.fromPartial({ conversation: chat, delivered: 1, read: 1 });
    assert.deepEqual(a.last("receipt"), told);
  });
});
