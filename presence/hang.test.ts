import assert from "node:assert/strict";
import { type FakeDevice, Rig } from "./testing/rig.js";

describe("presence that hung", () => {
  let rig: Rig;
  let ann: FakeDevice;
  let bob: FakeDevice;

  beforeEach(async () => {
    rig = await Rig.start();
    ann = rig.device();
    bob = rig.device();
    assert.equal(await rig.answer(bob, ann), "nothing");
  });
  afterEach(() => rig.stop());

  /** The process stands still for so long. */
  const hang = (seconds: number) => {
    rig.hangs = true;
    rig.clock.advance(seconds * 1_000);
    rig.hangs = false;
  };

  it("does not take for now what waited for it meanwhile, whether a frame or the tick comes first", async () => {
    for (const first of ["frame", "tick"]) {
      hang(60);
      if (first === "tick") rig.clock.advance(1_000);
      // Said long ago, by a phone that has died since; the rest of what was received is left, too.
      ann.open();
      await rig.pass(2);
      assert.deepEqual([rig.link.alive, rig.presence.leases.size], [false, 0], first);
      assert.equal(rig.events.counts.activities, 0);
      rig.redial();
      assert.equal(await rig.answer(bob, ann), "nothing", first);
    }
  });

  it("is right again with what clients repeat over the new links", async () => {
    hang(60);
    bob.watch(ann.user);
    rig.redial();
    ann.open();
    assert.equal(await rig.answer(bob, ann), "online");
    await rig.pass(3);
    assert.equal(rig.link.alive, true);
  });

  it("for a moment goes on with what waited", async () => {
    hang(4);
    ann.open();
    assert.equal(await rig.answer(bob, ann), "online");
    assert.equal(rig.link.alive, true);
  });
});
