import assert from "node:assert/strict";
import { TypingKind } from "../gen/chat/client/v1/presence.js";
import { newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { CAT, GROUP, proposal, startGroup } from "./testing/group-rig.js";
import { startPair } from "./testing/pair.js";
import type { FakeDevice, Rig } from "./testing/rig.js";

const says = (device: FakeDevice, conversation: string, kind = TypingKind.TEXT) =>
  device.say({ $case: "typing", value: { conversation, kind } });

describe("typing in a 1:1", () => {
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let chat: string;

  beforeEach(async () => {
    ({ rig, a, b, chat } = await startPair());
    a.send(chat, 1);
    await rig.until(() => b.seqs.length > 0);
  });
  afterEach(() => rig.stop());

  it("is told to the peer's devices, and to none of the sender's", async () => {
    const tablet = rig.device(b.user).attach();
    const own = rig.device(a.user).attach();
    says(a, chat, TypingKind.RECORDING);
    await rig.settle();
    const value = { conversation: chat, user: a.user, kind: TypingKind.RECORDING };
    assert.deepEqual(b.all("peerTyping"), [value]);
    assert.deepEqual(tablet.all("peerTyping"), [value]);
    assert.deepEqual([...a.all("peerTyping"), ...own.all("peerTyping")], []);
  });

  it("is told at most every 3 s of each of the two", async () => {
    for (let i = 0; i < 5; i++) says(a, chat);
    says(b, chat);
    await rig.settle();
    assert.equal(b.all("peerTyping").length, 1);
    assert.equal(a.all("peerTyping").length, 1);
    rig.clock.advance(limits.typingMs);
    says(a, chat);
    await rig.settle();
    assert.equal(b.all("peerTyping").length, 2);
  });

  it("is told when it becomes something else: a text and a recording within 3 s", async () => {
    for (let i = 0; i < 3; i++) {
      says(a, chat, TypingKind.TEXT);
      rig.clock.advance(500);
      says(a, chat, TypingKind.RECORDING);
    }
    await rig.settle();
    const { TEXT, RECORDING } = TypingKind;
    assert.deepEqual(
      b.all("peerTyping").map(({ kind }) => kind),
      [TEXT, RECORDING],
    );
  });

  it("is not kept for a device that comes later, and not told to one that does not read", async () => {
    b.detach();
    says(a, chat);
    await rig.settle();
    b.attach();
    await rig.settle();
    assert.deepEqual(b.all("peerTyping"), []);
    const stalled = { origin: b.origin };
    rig.toSession({ $case: "stalled", value: { gateway: rig.gateway, stalled } });
    rig.clock.advance(limits.typingMs);
    says(a, chat);
    await rig.settle();
    assert.deepEqual(b.all("peerTyping"), []);
  });

  it("is dropped of a stranger, and where there is no conversation", async () => {
    const stranger = rig.device(newId("us")).attach();
    says(stranger, chat);
    says(a, "gr_0000000000000000");
    await rig.settle();
    assert.deepEqual(b.all("peerTyping"), []);
    assert.deepEqual([...a.all("failed"), ...stranger.all("failed")], []);
  });
});

describe("typing in a group", () => {
  it("is told to its present members, of those who may send", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    says(ann, GROUP);
    await rig.settle();
    assert.equal(bob.all("peerTyping").length, 1);
    assert.equal(cat.all("peerTyping").length, 1);
    await changes.propose(proposal({ remove: [CAT], restricted: true, senders: [ann.user] }));
    rig.clock.advance(limits.typingMs);
    for (const device of [ann, bob, cat]) says(device, GROUP);
    await rig.settle();
    assert.equal(bob.all("peerTyping").length, 2);
    assert.equal(cat.all("peerTyping").length, 1);
    assert.equal(ann.all("peerTyping").length, 0);
    await rig.stop();
  });

  it("is not told where there are too many", async () => {
    const { rig, changes, ann, bob } = await startGroup();
    const add = Array.from({ length: limits.typingMembersMax }, () => newId("us"));
    await changes.propose(proposal({ add }));
    says(ann, GROUP);
    await rig.settle();
    assert.deepEqual(bob.all("peerTyping"), []);
    await rig.stop();
  });
});
