import assert from "node:assert/strict";
import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { directId, newId } from "../lib/ids.js";
import { startBlocks } from "./testing/blocks.js";
import { changed, gate } from "./testing/changed-store.js";
import { startPair } from "./testing/pair.js";
import type { FakeDevice, Rig } from "./testing/rig.js";

/** What a device is answered to everything it can ask about a conversation. */
async function answers(rig: Rig, device: FakeDevice, conversation: string) {
  const from = device.received.length;
  device.say({ $case: "pullReceipts", value: { conversations: [conversation] } });
  device.say({ $case: "getLastNumber", value: { request: 1, conversation } });
  device.say({ $case: "fetchHistory", value: { request: 2, conversation, before: 0, limit: 9 } });
  device.say({ $case: "getMessageInfo", value: { request: 3, conversation, seq: 1 } });
  device.say({ $case: "resync", value: { conversation, last: 0 } });
  device.say({ $case: "read", value: { conversation, seq: 1, automatic: false } });
  await rig.settle();
  return JSON.stringify(device.received.slice(from)).replaceAll(conversation, "it");
}

describe("a block that its subject must not notice", () => {
  it("does not show in his list: the conversation is as busy as before", async () => {
    const { rig, b, chat, set } = await startBlocks();
    b.send(chat, 1);
    b.send(chat, 2);
    await rig.settle();
    const list = async () => {
      b.say({ $case: "listConversations", value: { request: 1, after: "", limit: 10 } });
      await rig.settle();
      return b.last("conversations")?.conversations.map(({ seq, open }) => [seq, open]);
    };
    const before = await list();
    await set(true, 1);
    assert.deepEqual(await list(), before);
    await set(false, 2);
    assert.deepEqual(await list(), before);
    await rig.stop();
  });

  it("before the first message does not show when who blocks tried to send", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    const stranger = directId(b.user, newId("us"));
    await set(true, 1);
    a.send(chat, 1);
    await rig.settle();
    assert.equal(a.last("rejected")?.reason, RejectReason.BLOCKED);
    assert.equal(await answers(rig, b, chat), await answers(rig, b, stranger));
    await rig.stop();
  });

  it("before the first message does not show when it was set twice", async () => {
    const { rig, b, chat, set } = await startBlocks();
    const stranger = directId(b.user, newId("us"));
    await set(true, 1);
    await set(true, 1);
    assert.equal(await answers(rig, b, chat), await answers(rig, b, stranger));
    await rig.stop();
  });

  it("before the first message forgets no number that is used up meanwhile", async () => {
    let commits = 0;
    const gates = [gate(), gate(), gate()];
    const wrap = changed((store) => ({
      commit: async (lease, records) => {
        await gates[commits++]?.opened;
        return store.commit(lease, records);
      },
    }));
    const { rig, a, chat } = await startPair({ wrap });
    const { blocks, conversations } = rig.service;
    const blocked = { conversation: chat, user: a.user, blocked: true, version: 1 };
    const done = blocks.set(blocked);
    await rig.until(() => commits === 1);
    a.send(chat, 1);
    await rig.until(() => conversations.loaded.get(chat)?.windows.size === 1);
    gates[0]?.open();
    await done;
    a.send(chat, 2);
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
    for (const { open } of gates) open();
    await rig.settle();
    const answers = a.received.map(({ $case }) => $case).filter(($case) => $case !== "bases");
    assert.deepEqual(answers, ["rejected", "rejected"]);
    await rig.stop();
  });

  it("that has ended shows in no list either, and what comes next reaches who was away", async () => {
    const { rig, a, b, chat, set } = await startBlocks();
    b.send(chat, 1);
    await rig.settle();
    a.ack(chat, 1);
    await set(true, 1);
    // Quiet, and busy again without the one who blocks.
    rig.clock.advance(61_000);
    await rig.settle();
    b.send(chat, 2);
    await rig.settle();
    a.detach();
    await set(false, 2);
    b.send(chat, 3);
    await rig.settle();
    const other = rig.device(a.user).attach();
    a.attach();
    await rig.settle();
    a.say({ $case: "resume", value: { token: 1 } });
    await rig.settle();
    assert.deepEqual(a.seqs, [1, 3]);
    a.ack(chat, 3);
    other.say({ $case: "resume", value: { token: 1 } });
    await rig.settle();
    rig.clock.advance(61_000);
    await rig.settle();
    for (const device of [a, b]) {
      device.say({ $case: "listConversations", value: { request: 1, after: "", limit: 10 } });
    }
    await rig.settle();
    for (const device of [a, b]) {
      assert.deepEqual(
        device.last("conversations")?.conversations.map(({ seq, open }) => [seq, open]),
        [[3, false]],
      );
    }
    assert.equal(a.last("caughtUp")?.pending, 0);
    await rig.stop();
  });
});
