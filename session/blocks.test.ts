import assert from "node:assert/strict";
import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";
import { directId, newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { blocking, startBlocks } from "./testing/blocks.js";
import { failing } from "./testing/group-rig.js";
import { startPair } from "./testing/pair.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

const reasonOf = (error: unknown) => error instanceof RpcError && ErrorReason[error.reason];

async function acknowledge(rig: Rig, device: FakeDevice, chat: string, seq: number) {
  device.ack(chat, seq);
  await rig.settle();
}

describe("a block", () => {
  it("hides what the other one sends from there on, who gets his ✓, and comes back after it", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    b.send(chat, 1);
    await rig.settle();
    await acknowledge(rig, a, chat, 1);
    assert.deepEqual(await set(true, 1), { version: 1, seq: 1 });
    for (const number of [2, 3]) b.send(chat, number);
    await rig.settle();
    assert.deepEqual(a.seqs, [1]);
    assert.deepEqual(
      b.all("sent").map(({ seq, after }) => [seq, after]),
      [
        [1, 0],
        [2, 1],
        [3, 2],
      ],
    );
    assert.deepEqual(await set(false, 2), { version: 2, seq: 4 });
    b.send(chat, 4);
    await rig.settle();
    assert.deepEqual(
      a.all("deliver").map(({ after, entry }) => [after, entry?.seq]),
      [
        [0, 1],
        [1, 4],
      ],
    );
    await rig.stop();
  });

  it("claims no tick for what it hid, also when later messages have theirs", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    b.send(chat, 1);
    await rig.settle();
    await acknowledge(rig, a, chat, 1);
    await set(true, 1);
    for (const number of [2, 3]) b.send(chat, number);
    await rig.settle();
    // Who is away looks like this.
    assert.deepEqual([b.last("receipt")?.delivered, b.last("receipt")?.exceptRanges], [1, []]);
    await set(false, 2);
    b.say({ $case: "pullReceipts", value: { conversations: [chat] } });
    await rig.settle();
    assert.deepEqual(b.last("receipt")?.exceptRanges, []);
    b.send(chat, 4);
    await rig.settle();
    a.read(chat, 4);
    await rig.settle();
    const told = b.last("receipt");
    assert.deepEqual([told?.delivered, told?.read], [4, 4]);
    assert.deepEqual(told?.exceptRanges, [{ from: 2, through: 3 }]);
    b.say({ $case: "getMessageInfo", value: { request: 1, conversation: chat, seq: 3 } });
    b.say({ $case: "getMessageInfo", value: { request: 2, conversation: chat, seq: 4 } });
    await rig.settle();
    const times = new Map(
      b.all("messageInfo").map(({ seq, members }) => [seq, members[0]?.deliveredAtUnixMs]),
    );
    assert.deepEqual([times.get(3), times.get(4)], [0, 1]);
    await rig.stop();
  });

  it("hides it in histories and resumes, too, and of the hole nothing can be acknowledged", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    b.send(chat, 1);
    await rig.settle();
    await acknowledge(rig, a, chat, 1);
    await set(true, 1);
    for (const number of [2, 3]) b.send(chat, number);
    await rig.settle();
    a.read(chat, 3);
    a.detach();
    await rig.settle();
    const again = rig.device(a.user).attach();
    again.say({ $case: "resume", value: { token: 1 } });
    await rig.settle();
    again.ack(chat, 1);
    await rig.settle();
    assert.deepEqual([again.seqs, again.last("caughtUp")?.pending], [[1], 0]);
    again.say({
      $case: "fetchHistory",
      value: { request: 1, conversation: chat, before: 0, limit: 10 },
    });
    again.say({ $case: "listConversations", value: { request: 2, after: "", limit: 10 } });
    await rig.settle();
    assert.deepEqual(
      again.last("history")?.entries.map(({ seq }) => seq),
      [1],
    );
    assert.deepEqual(
      again.last("conversations")?.conversations.map(({ seq, open }) => [seq, open]),
      [[1, true]],
    );
    rig.clock.advance(61_000);
    await rig.settle();
    again.say({ $case: "listConversations", value: { request: 3, after: "", limit: 10 } });
    await rig.settle();
    assert.deepEqual(
      again.last("conversations")?.conversations.map(({ seq, open }) => [seq, open]),
      [[1, false]],
    );
    assert.equal(b.last("receipt")?.read, 0);
    await rig.stop();
  });

  it("lets its author send again only when it has ended, and says so for good", async () => {
    const { rig, a, chat, set } = await startBlocks();
    await set(true, 1);
    const id = a.send(chat, 1, "x");
    await rig.settle();
    const refused = { reason: RejectReason.BLOCKED, free: false };
    const told = () => a.all("rejected").map(({ reason, free }) => ({ reason, free }));
    assert.deepEqual(told(), [refused]);
    await set(false, 2);
    a.send(chat, 1, "x", id);
    a.send(chat, 2);
    await rig.settle();
    assert.deepEqual(told(), [refused, refused]);
    assert.equal(a.last("sent")?.seq, 1);
    await rig.stop();
  });

  it("takes effect once, whatever the order in which it is asked for, also after a restart", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    b.send(chat, 1);
    await rig.settle();
    const both = await Promise.all([set(true, 5), set(true, 5)]);
    assert.deepEqual(both, [
      { version: 5, seq: 1 },
      { version: 5, seq: 1 },
    ]);
    await set(false, 6);
    assert.deepEqual(await set(true, 5), { version: 6, seq: 1 });
    await set(true, 7);
    const next = await Rig.start({ kv: rig.kv });
    const again = blocking(next, a, b);
    assert.deepEqual(await again(false, 6), { version: 7, seq: 1 });
    const bob = next.device(b.user).attach();
    const ann = next.device(a.user).attach();
    await next.settle();
    bob.send(chat, 1, "late");
    await next.settle();
    assert.deepEqual([ann.seqs, bob.last("sent")?.seq], [[1], 2]);
    await rig.stop();
    await next.stop();
  });

  it("before the first message leaves nothing that can be seen", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    const stranger = directId(b.user, newId("us"));
    assert.deepEqual(await set(true, 1), { version: 1, seq: 0 });
    assert.equal(rig.service.conversations.loaded.size, 0);
    const ask = (conversation: string) => {
      b.say({ $case: "pullReceipts", value: { conversations: [conversation] } });
      b.say({ $case: "getLastNumber", value: { request: 1, conversation } });
      b.say({ $case: "fetchHistory", value: { request: 2, conversation, before: 0, limit: 9 } });
      b.say({ $case: "getMessageInfo", value: { request: 3, conversation, seq: 1 } });
      b.say({ $case: "resync", value: { conversation, last: 0 } });
      b.say({ $case: "read", value: { conversation, seq: 1, automatic: false } });
    };
    const answers = async (conversation: string) => {
      const from = b.received.length;
      ask(conversation);
      await rig.settle();
      return JSON.stringify(b.received.slice(from)).replaceAll(conversation, "it");
    };
    assert.equal(await answers(chat), await answers(stranger));
    b.send(chat, 1);
    await rig.settle();
    assert.deepEqual([b.last("sent")?.seq, a.seqs], [1, []]);
    a.say({ $case: "listConversations", value: { request: 4, after: "", limit: 10 } });
    rig.clock.advance(61_000);
    await rig.settle();
    a.say({ $case: "listConversations", value: { request: 5, after: "", limit: 10 } });
    await rig.settle();
    assert.deepEqual(
      a.all("conversations").map(({ conversations }) => conversations),
      [[], []],
    );
    await rig.stop();
  });

  it("that holds no entry leaves no hole, and of too many the oldest goes", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    let version = 0;
    for (let number = 1; number <= limits.directIntervalsMax + 2; number++) {
      b.send(chat, number);
      await rig.settle();
      await acknowledge(rig, a, chat, rig.service.conversations.loaded.get(chat)?.head ?? 0);
      await set(true, ++version);
      await set(false, ++version);
    }
    assert.equal(rig.service.conversations.loaded.get(chat)?.member(a.user)?.intervals.length, 1);
    for (let i = 0; i <= limits.directIntervalsMax; i++) {
      await set(true, ++version);
      b.send(chat, limits.directIntervalsMax + 3 + i);
      await rig.settle();
      await set(false, ++version);
      a.send(chat, 1 + i);
      await rig.settle();
    }
    const member = rig.service.conversations.loaded.get(chat)?.member(a.user);
    assert.equal(member?.intervals.length, limits.directIntervalsMax);
    await rig.stop();
  });

  it("is decided by the log when it races with sends", async () => {
    const { rig, a, b, chat } = await startBlocks();
    b.send(chat, 1);
    b.send(chat, 2);
    await rig.until(() => rig.service.conversations.loaded.get(chat)?.pendingHead === 2);
    const { blocks } = rig.service;
    const user = a.user;
    const set = blocks.set({ conversation: chat, user, blocked: true, version: 1 });
    for (const number of [3, 4]) b.send(chat, number);
    const { seq } = await set;
    await rig.settle();
    assert.deepEqual([seq, a.seqs, b.last("sent")?.seq], [2, [1, 2], 4]);
    await rig.stop();
  });

  it("is not in force and not answered when it could not be stored", async () => {
    const store = failing();
    const { rig, a, b, chat } = await startPair({ wrap: store.wrap });
    const set = blocking(rig, a, b);
    b.send(chat, 1);
    await rig.settle();
    await acknowledge(rig, a, chat, 1);
    store.fails = true;
    await assert.rejects(set(true, 1), (error) => reasonOf(error) === "BUSY");
    store.fails = false;
    rig.clock.advance(1_000);
    await rig.settle();
    b.send(chat, 2);
    await rig.settle();
    assert.equal(a.seqs.at(-1), 2);
    assert.deepEqual(await set(true, 1), { version: 1, seq: 2 });
    await rig.stop();
  });

  it("of somebody who does not exist is refused", async () => {
    const nobody = newId("us");
    const rig = await Rig.start({ unknownUsers: new Set([nobody]) });
    const a = rig.device(newId("us")).attach();
    const set = blocking(rig, a, rig.device(nobody));
    await assert.rejects(set(true, 1), (error) => reasonOf(error) === "NOT_FOUND");
    await rig.stop();
  });
});
