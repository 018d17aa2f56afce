import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { setReadReceipts } from "./handlers/set-read-receipts.js";
import { startGroup } from "./testing/group-rig.js";
import { startPair } from "./testing/pair.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

function switching(rig: Rig) {
  return (device: FakeDevice, off: boolean, version: number) =>
    rig.service.readReceipts.set({ user: device.user, off, version });
}

/** `a` sends the next message; `b` reads it. */
async function exchange(rig: Rig, [a, b]: readonly [FakeDevice, FakeDevice], chat: string) {
  const number = a.all("sent").length + 1;
  a.send(chat, number);
  await rig.settle();
  b.read(chat, a.last("sent")?.seq ?? 0);
  await rig.settle();
  return a.last("receipt");
}

async function infoOf(rig: Rig, device: FakeDevice, chat: string, seq: number) {
  device.say({ $case: "getMessageInfo", value: { request: seq, conversation: chat, seq } });
  await rig.settle();
  return device.last("messageInfo")?.members[0];
}

describe("read receipts", () => {
  it("that are off for one of two are told to neither, and what was told before stays", async () => {
    const { rig, a, b, chat } = await startPair();
    const set = switching(rig);
    assert.equal((await exchange(rig, [a, b], chat))?.read, 1);
    await set(b, true, 1);
    const told = await exchange(rig, [a, b], chat);
    assert.deepEqual([told?.delivered, told?.read], [2, 1]);
    // The reader knows where he is.
    assert.equal(b.last("receipt")?.ownRead, 2);
    const other = await exchange(rig, [b, a], chat);
    assert.deepEqual([other?.delivered, other?.read], [3, 0]);
    const info = await infoOf(rig, a, chat, 1);
    assert.deepEqual([info?.deliveredAtUnixMs, info?.readAtUnixMs], [1, 0]);
    await set(b, false, 2);
    a.say({ $case: "pullReceipts", value: { conversations: [chat] } });
    await rig.settle();
    assert.equal(a.last("receipt")?.read, 2);
    assert.equal((await infoOf(rig, a, chat, 2))?.readAtUnixMs, 2);
    await rig.stop();
  });

  it("stay in groups", async () => {
    const { rig, ann, bob, cat } = await startGroup();
    const set = switching(rig);
    await set(bob, true, 1);
    ann.send("gr_aaaaaaaaaaaaaaaa", 1);
    await rig.settle();
    for (const device of [bob, cat]) device.read("gr_aaaaaaaaaaaaaaaa", 2);
    await rig.settle();
    assert.equal(ann.last("receipt")?.read, 2);
    await rig.stop();
  });

  it("are switched by the later version, and stay switched over a restart", async () => {
    const { rig, a, b, chat } = await startPair();
    const set = switching(rig);
    assert.deepEqual(await set(b, true, 5), { version: 5 });
    assert.deepEqual(await set(b, false, 4), { version: 5 });
    const next = await Rig.start({ kv: rig.kv });
    assert.deepEqual(await switching(next)(b, false, 4), { version: 5 });
    const [alice, bob] = [next.device(a.user).attach(), next.device(b.user).attach()];
    await next.settle();
    const told = await exchange(next, [alice, bob], chat);
    assert.deepEqual([told?.delivered, told?.read], [1, 0]);
    await rig.stop();
    await next.stop();
  });

  it("stay as the later version says when two come at once and the earlier one is written last", async () => {
    const { rig, b } = await startPair();
    const set = switching(rig);
    const { store } = rig.service.readReceipts;
    const put = store.putSwitched;
    store.putSwitched = async (switched) => {
      if (switched.version === 5) await new Promise((resolve) => setImmediate(resolve));
      await put(switched);
    };
    await Promise.all([set(b, true, 6), set(b, false, 5)]);
    store.putSwitched = put;
    const next = await Rig.start({ kv: rig.kv });
    assert.equal(rig.service.readReceipts.isOff(b.user), true);
    assert.equal(next.service.readReceipts.isOff(b.user), true);
    await rig.stop();
    await next.stop();
  });

  it("are not said to be switched when that could not be stored", async () => {
    const { rig, a, b, chat } = await startPair();
    const { store } = rig.service.readReceipts;
    const put = store.putSwitched;
    store.putSwitched = () => Promise.reject(new Error("not written"));
    const call = setReadReceipts(rig.service.readReceipts, silentLogger);
    await assert.rejects(call({ user: b.user, off: true, version: 1 }));
    assert.equal((await exchange(rig, [a, b], chat))?.read, 1);
    store.putSwitched = put;
    assert.deepEqual(await call({ user: b.user, off: true, version: 1 }), { version: 1 });
    await assert.rejects(call({ user: newId("dv"), off: true, version: 1 }));
    await rig.stop();
  });
});
