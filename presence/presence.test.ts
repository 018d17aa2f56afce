import assert from "node:assert/strict";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

describe("presence", () => {
  let rig: Rig;
  let ann: FakeDevice;
  let bob: FakeDevice;

  beforeEach(async () => {
    rig = await Rig.start();
    ann = rig.device();
    bob = rig.device();
  });
  afterEach(() => rig.stop());

  /** What `bob` is answered about `ann` now. */
  const asked = () => rig.answer(bob, ann);

  it("says nothing of a user nobody saw", async () => {
    assert.equal(await asked(), "nothing");
  });

  it("shows who opened the app as online, until 15 s after the last renewal", async () => {
    ann.open();
    assert.equal(await asked(), "online");
    await rig.pass(10);
    ann.renew();
    await rig.pass(14);
    assert.equal(await asked(), "online");
    await rig.pass(2);
    assert.equal(await asked(), "seen -26");
  });

  it("does not show as online who only has the app open, and counts no renewal as activity", async () => {
    ann.open();
    for (let s = 0; s < 600; s += 10) {
      ann.renew();
      await rig.pass(10);
    }
    ann.renew();
    assert.equal(await asked(), "seen -600");
    rig.active(ann.user);
    assert.equal(await asked(), "online");
  });

  it("shows who is active without the app open as seen, not as online", async () => {
    rig.active(ann.user);
    await rig.pass(1);
    assert.equal(await asked(), "seen -1");
  });

  it("counts what a parser tells late for when it was, and takes nothing back for it", async () => {
    rig.activeBefore(60, ann.user);
    await rig.pass(1);
    assert.equal(await asked(), "seen -61");
    ann.renew();
    assert.equal(await asked(), "online");
    await rig.pass(239);
    ann.renew();
    // 300 s after he did something he is not online any more, whenever it was told.
    assert.equal(await asked(), "seen -300");
    rig.active(ann.user);
    rig.activeBefore(200, ann.user);
    await rig.pass(16);
    assert.equal(await asked(), "seen -16");
    const points = await rig.store.list(ann.user, { from: 0, to: 2 ** 32 - 1, limit: 10 });
    assert.equal(points.length, 3);
    rig.activeBefore(3_601, bob.user);
    assert.deepEqual([rig.events.counts.invalid, rig.presence.users.find(bob.user)], [1, -1]);
  });

  it("ends being online at once when the app is closed, but not while another device has it open", async () => {
    const tablet = rig.device(ann.user);
    ann.open();
    tablet.open();
    ann.leave();
    assert.equal(await asked(), "online");
    tablet.leave();
    assert.equal(await asked(), "nothing");
    await rig.pass(1);
    assert.equal(await asked(), "seen -1");
  });

  it("tells that somebody goes when what he did last is stored, and not what he did before", async () => {
    rig.active(ann.user);
    await rig.pass(100);
    assert.equal(await asked(), "seen -100");
    ann.open();
    await rig.pass(10);
    rig.active(ann.user);
    ann.leave();
    assert.deepEqual(bob.heard(), ["online"]);
    await rig.pass(2);
    assert.deepEqual(bob.heard(), ["seen -2"]);
  });

  it("tells watchers at once that somebody comes online, and when he goes by himself", async () => {
    assert.equal(await asked(), "nothing");
    ann.open();
    assert.deepEqual(bob.heard(), ["online"]);
    await rig.pass(14);
    assert.deepEqual(bob.heard(), []);
    await rig.pass(2);
    assert.deepEqual(bob.heard(), ["seen -16"]);
  });

  it("tells flapping at most every 5 s, and how it ended", async () => {
    assert.equal(await asked(), "nothing");
    const updates: string[] = [];
    for (let s = 0; s < 20; s++) {
      ann.open();
      ann.leave();
      await rig.pass(1);
      updates.push(...bob.heard());
    }
    // Once per 5 s that he is gone, and each time that he is there again.
    assert.ok(updates.filter((one) => one !== "online").length <= 5, updates.join());
    assert.ok(updates.length <= 10, updates.join());
    await rig.pass(6);
    updates.push(...bob.heard());
    assert.match(updates.at(-1) ?? "", /^seen/);
  });

  it("stops telling when a watch is not renewed for 30 s", async () => {
    assert.equal(await asked(), "nothing");
    await rig.pass(31);
    ann.open();
    assert.deepEqual(bob.heard(), []);
    assert.equal(rig.presence.watches.size, 0);
  });

  it("costs one event for all watchers behind one parser", async () => {
    const watchers = Array.from({ length: 50 }, () => rig.device());
    for (const one of watchers) one.watch(ann.user);
    await rig.settle();
    rig.told();
    ann.open();
    const told = rig.told();
    assert.equal(told.length, 1);
    assert.equal(told[0]?.connections.length, 50);
  });

  it("bounds the watches of a connection and the watchers of a user", async () => {
    for (let i = 0; i < limits.watchesPerConnection; i++) bob.watch(newId("us"));
    await rig.settle();
    assert.ok(bob.heard().every((one) => one === "nothing"));
    bob.watch(ann.user);
    assert.deepEqual(bob.heard(), [`failed ${FailReason.TOO_MANY}`]);
    await rig.pass(31);
    assert.equal(await asked(), "nothing");
    for (let i = 1; i < 100; i++) rig.device().watch(ann.user);
    await rig.settle();
    const late = rig.device();
    late.watch(ann.user);
    assert.deepEqual(late.heard(), [`failed ${FailReason.BUSY}`]);
  });

  it("answers each question about a user who is still being looked up, however many links they came over", async () => {
    bob.watch(ann.user);
    bob.watch(ann.user);
    const old = rig.link;
    rig.link = new (old.constructor as new () => typeof old)();
    bob.watch(ann.user);
    assert.deepEqual(bob.heard(), []);
    await rig.settle();
    assert.deepEqual(bob.heard(), ["nothing", "nothing", "nothing"]);
    assert.equal(rig.events.counts.loads, 1);
    assert.deepEqual(old.events(), []);
  });

  it("bounds the questions that wait for the store, and answers those beyond at once", async () => {
    for (let i = 0; i < 9; i++) bob.watch(ann.user);
    assert.deepEqual(bob.heard(), [`failed ${FailReason.BUSY}`]);
    await rig.settle();
    assert.deepEqual(bob.heard(), Array(8).fill("nothing"));
  });

  it("answers a renewal that came over another link there, and tells the next change there", async () => {
    assert.equal(await asked(), "nothing");
    const old = rig.link;
    rig.link = new (old.constructor as new () => typeof old)();
    assert.equal(await asked(), "nothing");
    ann.open();
    assert.deepEqual(bob.heard(), ["online"]);
    assert.deepEqual(old.events(), []);
  });

  it("lets answers go when a link has no room, and a later question tells the state", async () => {
    assert.equal(await asked(), "nothing");
    rig.link.room = false;
    ann.open();
    rig.link.room = true;
    assert.deepEqual(bob.heard(), []);
    assert.equal(await asked(), "online");
    assert.equal(rig.events.counts.shed, 1);
  });

  it("ignores what breaks the contract", async () => {
    rig.active("us_short", "dv_000000000000aaaa", "us_00000000000/aaaa");
    rig.says(ann, { $case: "resume", value: { token: 1 } });
    assert.equal(rig.events.counts.invalid, 4);
    assert.equal(rig.presence.users.size, 0);
  });
});
