import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { StoreError } from "../lib/store/kv.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

describe("presence over restarts, clock steps and a failing store", () => {
  let rig: Rig;
  let ann: FakeDevice;
  let bob: FakeDevice;

  beforeEach(async () => {
    rig = await Rig.start();
    ann = rig.device();
    bob = rig.device();
  });
  afterEach(() => rig.stop());

  const asked = () => rig.answer(bob, ann);

  it("loses at most the last second by a crash", async () => {
    rig.active(ann.user);
    await rig.pass(2);
    rig.active(ann.user);
    rig.restart();
    assert.equal(await asked(), "seen -2");
  });

  it("tells no second as last seen before it is stored: last seen does not go back with a crash", async () => {
    rig.active(ann.user);
    await rig.pass(108);
    assert.equal(await asked(), "seen -108");
    await rig.pass(6);
    rig.active(ann.user);
    await rig.settle();
    assert.deepEqual(bob.heard(), []);
    assert.equal(await asked(), "seen -114");
    rig.restart();
    assert.equal(await asked(), "seen -114");
    rig.active(ann.user);
    await rig.pass(6);
    assert.deepEqual(bob.heard(), ["seen -6"]);
    rig.restart();
    assert.equal(await asked(), "seen -6");
  });

  it("does not tell as last seen what was lost, so it does not go back when the user leaves memory", async () => {
    const others = (n: number) => Array.from({ length: n }, () => newId("us"));
    rig.active(ann.user);
    await rig.pass(5);
    const add = rig.store.add.bind(rig.store);
    rig.store.add = () => Promise.reject(new StoreError("io", "the disk is gone"));
    const some = others(250);
    for (let i = 0; i < 9; i++) {
      rig.active(...some);
      await rig.pass(1);
    }
    rig.active(ann.user);
    assert.ok(rig.events.counts.lost > 0);
    assert.equal(await asked(), "seen -14");
    rig.store.add = add;
    await rig.pass(40);
    for (let i = 0; i < 8; i++) {
      rig.active(...others(400));
      await rig.pass(1);
    }
    assert.equal(rig.presence.users.find(ann.user), -1);
    assert.equal(await asked(), "seen -62");
  });

  it("is right again with the renewals after a restart, also about who was active before it", async () => {
    ann.open();
    await rig.pass(100);
    rig.restart();
    assert.equal(await asked(), "seen -100");
    ann.renew();
    await rig.settle();
    assert.deepEqual(bob.heard(), ["online"]);
    await rig.pass(14);
    ann.renew();
    await rig.pass(190);
    bob.heard();
    ann.renew();
    await rig.settle();
    assert.equal(await asked(), "seen -304");
  });

  it("never lowers last seen when the clock is set back, in memory and after a restart", async () => {
    rig.active(ann.user);
    await rig.pass(2);
    rig.stepMs = -3_600_000;
    rig.active(ann.user);
    await rig.pass(2);
    assert.equal(await asked(), "seen -4");
    rig.restart();
    rig.active(ann.user);
    await rig.pass(1);
    assert.equal(await asked(), "seen -5");
    const points = await rig.store.list(ann.user, { from: 0, to: 2 ** 32 - 1, limit: 10 });
    assert.equal(points.length, 3);
  });

  it("keeps who is online when the clock is set, in either direction", async () => {
    ann.open();
    assert.equal(await asked(), "online");
    for (const step of [7_200_000, -7_200_000]) {
      rig.stepMs = step;
      ann.renew();
      await rig.pass(1);
      assert.equal(await asked(), "online");
    }
  });

  it("adds one point per user and second, whatever he does in it", async () => {
    for (let i = 0; i < 10; i++) rig.active(ann.user, bob.user);
    await rig.pass(1);
    for (let i = 0; i < 10; i++) rig.active(ann.user);
    await rig.pass(1);
    const all = { from: 0, to: 2 ** 32 - 1, limit: 10 };
    assert.equal((await rig.store.list(ann.user, all)).length, 2);
    assert.equal((await rig.store.list(bob.user, all)).length, 1);
  });

  it("stores what a failing store did not take as soon as it takes it again", async () => {
    const { store } = rig;
    const add = store.add.bind(store);
    store.add = () => Promise.reject(new StoreError("io", "the disk is gone"));
    rig.active(ann.user);
    await rig.pass(3);
    rig.active(bob.user);
    await rig.pass(1);
    assert.ok(rig.presence.saving.waiting >= 2);
    store.add = add;
    await rig.pass(2);
    assert.equal(rig.presence.saving.waiting, 0);
    rig.restart();
    assert.equal(await asked(), "seen -6");
  });

  it("finds what was stored of a day whose first points were lost", async () => {
    const { store } = rig;
    const add = store.add.bind(store);
    store.add = () => Promise.reject(new StoreError("io", "the disk is gone"));
    const others = Array.from({ length: 999 }, () => newId("us"));
    for (let i = 0; i < 2; i++) {
      rig.active(...others);
      await rig.pass(1);
    }
    rig.active(others[0] as string, ann.user);
    assert.equal(rig.events.counts.lost, 1);
    store.add = add;
    await rig.pass(3);
    rig.active(ann.user);
    await rig.pass(2);
    rig.restart();
    assert.equal(await asked(), "seen -2");
  });

  it("drops points above the bound, and counts them", async () => {
    rig.store.add = () => Promise.reject(new StoreError("io", "the disk is gone"));
    const users = Array.from({ length: 600 }, () => newId("us"));
    for (let i = 0; i < 4; i++) {
      rig.active(...users);
      await rig.pass(1);
    }
    assert.equal(rig.events.counts.lost, 800);
    assert.equal(rig.presence.saving.waiting, 1_600);
  });

  it("asks the store for a user who left memory", async () => {
    rig.active(ann.user);
    await rig.pass(2);
    for (let i = 0; i < 5; i++) {
      rig.active(...Array.from({ length: 400 }, () => newId("us")));
      await rig.pass(1);
    }
    assert.ok(rig.presence.users.size <= 1_000);
    assert.equal(rig.presence.users.find(ann.user), -1);
    assert.equal(await asked(), "seen -7");
  });

  it("says BUSY when the store cannot be read, and the truth when it can", async () => {
    const { store } = rig;
    rig.active(ann.user);
    await rig.pass(1);
    rig.restart();
    const lastSeen = store.lastSeen.bind(store);
    store.lastSeen = () => Promise.reject(new StoreError("io", "the disk is gone"));
    assert.equal(await asked(), "failed 3");
    store.lastSeen = lastSeen;
    assert.equal(await asked(), "seen -1");
  });

  it("shows nothing of a user whose activity is older than it is kept", async () => {
    rig.active(ann.user);
    await rig.pass(1);
    rig.stepMs = 91 * 86_400_000;
    assert.equal(await asked(), "nothing");
    // The clock ran ahead, and is right again.
    rig.stepMs = 0;
    assert.equal(await asked(), "seen -1");
  });

  it("takes the newest of what is stored and what a parser told late: a late one hid that a user was active since", async () => {
    await rig.pass(1_000);
    ann.open();
    await rig.pass(3);
    rig.restart();
    rig.activeBefore(290, ann.user);
    ann.renew();
    await rig.settle();
    await rig.pass(12);
    ann.renew();
    assert.equal(await asked(), "online");
  });
});
