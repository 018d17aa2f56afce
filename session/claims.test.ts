import assert from "node:assert/strict";
import { changed, gate } from "./testing/changed-store.js";
import { BOB, CAT, DAN, GROUP, proposal, startGroup } from "./testing/group-rig.js";
import { FakeDevice, Rig } from "./testing/rig.js";

/** What the device is told of its ticks when it asks. */
async function pulled(device: FakeDevice) {
  device.say({ $case: "pullReceipts", value: { conversations: [GROUP] } });
  await device.rig.settle();
  const receipt = device.last("receipt");
  assert.ok(receipt !== undefined);
  const { delivered, read, exceptRanges, unreadRanges, settledVersion } = receipt;
  return { ticks: [delivered, read], exceptRanges, unreadRanges, settledVersion };
}

/** Another session on the same store, where receipts knows what it knew, and the same device there. */
async function restarted({ rig, user, device, connect }: FakeDevice): Promise<FakeDevice> {
  const next = await Rig.start({ kv: rig.kv });
  for (const [key, cursors] of rig.receipts.cursors) next.receipts.cursors.set(key, cursors);
  const again = new FakeDevice(next, user, device);
  again.connect = connect;
  again.attach();
  await next.settle();
  return again;
}

/** A store whose commits wait for `open` from when it `holds` on. */
function holding() {
  const { open, opened } = gate();
  const wrap = changed((store) => ({
    commit: async (lease, records) => {
      if (state.holds) await opened;
      return store.commit(lease, records);
    },
  }));
  const state = { holds: false, open, wrap };
  return state;
}

describe("ticks that were claimed", () => {
  it("do not go back on the wire when nobody else is left, nor with a restart", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    for (const device of [bob, cat]) device.read(GROUP, 2);
    await rig.settle();
    await changes.propose(proposal({ remove: [BOB, CAT] }));
    await rig.settle();
    assert.deepEqual((await pulled(ann)).ticks, [2, 2]);
    const again = await restarted(ann);
    const { ticks, settledVersion } = await pulled(again);
    assert.deepEqual([ticks, settledVersion], [[2, 2], 2]);
    await rig.stop();
    await again.rig.stop();
  });

  it("are still told to a former author after a restart", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    bob.send(GROUP, 1);
    await rig.settle();
    for (const device of [ann, cat]) device.read(GROUP, 2);
    await rig.settle();
    await changes.propose(proposal({ remove: [BOB] }));
    await rig.settle();
    const again = await restarted(bob);
    const { ticks, settledVersion } = await pulled(again);
    assert.deepEqual([ticks, settledVersion], [[2, 2], 2]);
    await rig.stop();
    await again.rig.stop();
  });

  it("are kept by a removal with which the group comes into memory: it waits for receipts", async () => {
    const { rig, ann, bob, cat } = await startGroup();
    bob.send(GROUP, 1);
    await rig.settle();
    for (const device of [ann, cat]) device.read(GROUP, 2);
    await rig.settle();
    const again = await restarted(bob);
    again.rig.receipts.seen.length = 0;
    const { changes } = again.rig.service;
    const removing = changes.propose(proposal({ remove: [BOB] }));
    await again.rig.settle();
    await removing;
    assert.deepEqual((await pulled(again)).ticks, [2, 2]);
    await rig.stop();
    await again.rig.stop();
  });

  it("hold what the one who goes had read last, though receipts had not confirmed it: it never became blue", async () => {
    const { rig, changes, ann, bob } = await startGroup();
    await changes.propose(proposal({ remove: [CAT] }));
    ann.send(GROUP, 1);
    await rig.settle();
    rig.receipts.deaf = true;
    bob.read(GROUP, 3);
    await rig.settle();
    const removing = changes.propose(proposal({ expectedVersion: 2, remove: [BOB] }));
    await rig.settle();
    rig.receipts.deaf = false;
    rig.service.advances.announceAll();
    await rig.settle();
    await removing;
    const { ticks, exceptRanges, unreadRanges } = await pulled(ann);
    assert.deepEqual(ticks, [3, 3]);
    for (const { from } of [...exceptRanges, ...unreadRanges]) assert.ok(from > 3);
    await rig.stop();
  });

  it("hold a removal up for a moment only while receipts is away", async () => {
    const { rig, ann } = await startGroup();
    const again = await restarted(ann);
    again.rig.receipts.deaf = true;
    const { changes } = again.rig.service;
    const removing = changes.propose(proposal({ remove: [BOB] }));
    await again.rig.settle();
    again.rig.clock.advance(1_500);
    await again.rig.settle();
    assert.equal((await removing).outcome?.$case, "appended");
    const second = changes.propose(proposal({ expectedVersion: 2, remove: [CAT] }));
    await again.rig.settle();
    assert.equal((await second).outcome?.$case, "appended", "it is not waited twice");
    await rig.stop();
    await again.rig.stop();
  });
});

describe("ticks while the members change", () => {
  it("are told when the change is durable: between, the new times met the old counts, and blue came before ✓✓", async () => {
    const store = holding();
    const { rig, changes, ann, bob, cat } = await startGroup({ wrap: store.wrap });
    bob.send(GROUP, 1);
    await rig.settle();
    await changes.propose(proposal({ remove: [BOB] }));
    await rig.settle();
    ann.send(GROUP, 1);
    await rig.settle();
    for (const device of [ann, cat]) device.ack(GROUP, 4);
    await rig.settle();
    store.holds = true;
    const returning = changes.propose(proposal({ expectedVersion: 2, add: [BOB] }));
    await rig.until(() => rig.service.conversations.loaded.get(GROUP)?.pendingHead === 5);
    const before = bob.all("receipt").length;
    bob.say({ $case: "pullReceipts", value: { conversations: [GROUP] } });
    bob.say({ $case: "getLastNumber", value: { request: 1, conversation: GROUP } });
    await rig.until(() => bob.last("lastNumber") !== undefined);
    assert.equal(bob.all("receipt").length, before);
    store.open();
    await returning;
    await rig.settle();
    const told = bob.all("receipt").slice(before);
    assert.ok(told.length > 0);
    for (const { delivered, read } of told) assert.ok(read <= delivered, `${delivered}/${read}`);
    await rig.stop();
  });
});

describe("ticks of what nobody counts for any more", () => {
  it("are not claimed: neither ✓✓ nor blue for what those who went had not received", async () => {
    const { rig, changes, ann } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    await changes.propose(proposal({ remove: [BOB, CAT] }));
    await rig.settle();
    assert.deepEqual((await pulled(ann)).ticks, [1, 0]);
    ann.send(GROUP, 2);
    await rig.settle();
    const dan = rig.device(DAN).attach();
    await changes.propose(proposal({ expectedVersion: 2, add: [DAN] }));
    await rig.settle();
    const alone = { from: 2, through: 4 };
    const told = await pulled(ann);
    assert.deepEqual([told.ticks, told.exceptRanges], [[4, 4], [alone]]);
    assert.deepEqual(told.unreadRanges, [{ from: 1, through: 4 }]);
    ann.send(GROUP, 3);
    await rig.settle();
    dan.read(GROUP, 6);
    await rig.settle();
    const again = await restarted(ann);
    const later = await pulled(again);
    assert.deepEqual([later.ticks, later.exceptRanges], [[6, 6], [alone]]);
    await rig.stop();
    await again.rig.stop();
  });

  it("are not claimed for what was on its way to the store when somebody joined", async () => {
    const store = holding();
    const { rig, changes, ann, bob, cat } = await startGroup({ wrap: store.wrap });
    for (const device of [bob, cat]) device.read(GROUP, 1);
    await rig.settle();
    // All that Ann wrote is blue.
    await changes.propose(proposal({ user: BOB, remove: [BOB, CAT] }));
    await rig.settle();
    store.holds = true;
    ann.send(GROUP, 1);
    await rig.until(() => rig.service.conversations.loaded.get(GROUP)?.pendingHead === 3);
    const joining = changes.propose(proposal({ expectedVersion: 2, add: [DAN] }));
    store.open();
    await joining;
    await rig.settle();
    const { ticks, exceptRanges } = await pulled(ann);
    assert.deepEqual([ticks, exceptRanges], [[3, 3], [{ from: 2, through: 3 }]]);
    await rig.stop();
  });

  it("are not blue for what those who went had received only", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    for (const device of [bob, cat]) device.ack(GROUP, 2);
    await rig.settle();
    await changes.propose(proposal({ add: [DAN] }));
    await changes.propose(proposal({ expectedVersion: 2, remove: [BOB, CAT] }));
    await rig.settle();
    const told = await pulled(ann);
    assert.deepEqual(told.ticks, [2, 2]);
    assert.deepEqual([told.exceptRanges, told.unreadRanges], [[], [{ from: 1, through: 2 }]]);
    await rig.stop();
  });

  it("are not claimed for what the last one who went had only as a placeholder: it became blue", async () => {
    const { rig, changes, ann, bob } = await startGroup();
    await changes.propose(proposal({ remove: [CAT] }));
    await rig.settle();
    ann.send(GROUP, 1);
    await rig.settle();
    for (let times = 1; times <= 3; times++) {
      bob.say({ $case: "nack", value: { conversation: GROUP, seq: 3, reason: 1 } });
      await rig.settle();
      rig.clock.advance(5_000);
      await rig.settle();
    }
    bob.read(GROUP, 3);
    await rig.settle();
    assert.deepEqual((await pulled(ann)).ticks, [3, 3]);
    assert.deepEqual(ann.last("receipt")?.except, [3]);
    await changes.propose(proposal({ expectedVersion: 2, remove: [BOB] }));
    await rig.settle();
    const { exceptRanges, unreadRanges } = await pulled(ann);
    assert.deepEqual([exceptRanges[0], unreadRanges[0]?.from], [{ from: 3, through: 3 }, 3]);
    await rig.stop();
  });

  it("are not claimed for the oldest of it either, however often she was alone since", async () => {
    const { rig, changes, ann } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    await changes.propose(proposal({ remove: [BOB, CAT] }));
    await rig.settle();
    const dan = rig.device(DAN).attach();
    for (let version = 2; version < 24; version += 2) {
      await changes.propose(proposal({ expectedVersion: version, add: [DAN] }));
      await rig.settle();
      const head = rig.service.conversations.loaded.get(GROUP)?.head ?? 0;
      dan.read(GROUP, head);
      await rig.settle();
      await changes.propose(proposal({ expectedVersion: version + 1, remove: [DAN] }));
      await rig.settle();
    }
    const { exceptRanges, unreadRanges } = await pulled(ann);
    for (const ranges of [exceptRanges, unreadRanges]) {
      assert.ok(ranges.length <= 8);
      assert.ok(ranges.some(({ from, through }) => from <= 2 && 2 <= through));
    }
    await rig.stop();
  });
});
