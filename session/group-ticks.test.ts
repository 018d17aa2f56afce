import assert from "node:assert/strict";
import { ANN, BOB, CAT, DAN, GROUP, proposal, startGroup } from "./testing/group-rig.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

/** Another session on the same store; receipts knows what it knew. */
async function restarted({ kv, receipts }: Rig): Promise<Rig> {
  const next = await Rig.start({ kv });
  for (const [key, cursors] of receipts.cursors) next.receipts.cursors.set(key, cursors);
  return next;
}

describe("ticks in a group", () => {
  it("rise when the last of those who count has it, and when one who lagged behind leaves", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    bob.read(GROUP, 2);
    await rig.settle();
    assert.equal(ann.last("receipt")?.delivered ?? 1, 1);
    cat.ack(GROUP, 2);
    await rig.settle();
    assert.deepEqual([ann.last("receipt")?.delivered, ann.last("receipt")?.read], [2, 0]);
    await changes.propose(proposal({ remove: [CAT] }));
    await rig.settle();
    assert.deepEqual([ann.last("receipt")?.delivered, ann.last("receipt")?.read], [2, 2]);
    assert.equal(cat.all("receipt").length, 0, "he is told nothing of the others");
    await rig.stop();
  });

  it("do not wait for somebody to receive what was sent before he came", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    await changes.propose(proposal({ add: [DAN] }));
    await rig.settle();
    for (const device of [bob, cat]) device.read(GROUP, 2);
    await rig.settle();
    assert.deepEqual([ann.last("receipt")?.delivered, ann.last("receipt")?.read], [2, 2]);
    ann.send(GROUP, 2);
    await rig.settle();
    for (const device of [bob, cat]) device.read(GROUP, 4);
    await rig.settle();
    assert.equal(ann.last("receipt")?.delivered, 2, "his joining is what he lacks");
    const dan = rig.device(DAN).attach();
    await rig.settle();
    assert.deepEqual(dan.seqs, [3, 4]);
    dan.read(GROUP, 4);
    await rig.settle();
    assert.deepEqual([ann.last("receipt")?.delivered, ann.last("receipt")?.read], [4, 4]);
    await rig.stop();
  });

  it("are said not to come to who is alone, until somebody joins, and to who left", async () => {
    const { rig, changes, ann, bob } = await startGroup();
    const pulled = async (device: FakeDevice) => {
      device.say({ $case: "pullReceipts", value: { conversations: [GROUP] } });
      await rig.settle();
      return device.last("receipt")?.settledVersion;
    };
    assert.equal(await pulled(ann), 0);
    await changes.propose(proposal({ remove: [BOB, CAT] }));
    await rig.settle();
    assert.deepEqual([await pulled(ann), await pulled(bob)], [2, 2]);
    ann.send(GROUP, 1);
    await rig.settle();
    assert.equal(await pulled(ann), 2);
    await changes.propose(proposal({ add: [DAN], expectedVersion: 2 }));
    await rig.settle();
    assert.deepEqual([await pulled(ann), await pulled(bob)], [0, 2], "he learns no later version");
    await rig.stop();
  });

  it("are learnt from receipts after a restart, before any is told", async () => {
    const { rig, ann, bob, cat } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    for (const device of [bob, cat]) device.read(GROUP, 2);
    await rig.settle();
    const next = await restarted(rig);
    const later = next.device(ANN).attach();
    later.say({ $case: "pullReceipts", value: { conversations: [GROUP] } });
    await next.settle();
    assert.deepEqual([later.last("receipt")?.delivered, later.last("receipt")?.read], [2, 2]);
    await rig.stop();
    await next.stop();
  });

  it("are asked of receipts once, however many pull them", async () => {
    const { rig } = await startGroup();
    const next = await restarted(rig);
    const devices = [ANN, BOB, CAT].map((user) => next.device(user).attach());
    await next.settle();
    next.receipts.seen.length = 0;
    for (const device of devices) {
      device.say({ $case: "pullReceipts", value: { conversations: [GROUP] } });
    }
    await next.settle();
    const asked = next.receipts.seen.flatMap(({ kind }) =>
      kind?.$case === "cursorQuery" ? [kind.value.members] : [],
    );
    assert.deepEqual(asked, [[ANN, BOB, CAT]]);
    for (const device of devices) assert.equal(device.all("receipt").length, 1);
    await rig.stop();
    await next.stop();
  });

  it("never go back because the owner has just started and knows only some of the cursors", async () => {
    const { rig, ann, bob, cat } = await startGroup();
    ann.send(GROUP, 1);
    await rig.settle();
    for (const device of [bob, cat]) device.read(GROUP, 2);
    await rig.settle();
    const next = await restarted(rig);
    const [first, second] = [ANN, BOB].map((user) => next.device(user).attach());
    await next.settle();
    first?.send(GROUP, 1);
    await next.settle();
    second?.read(GROUP, 3);
    await next.settle();
    first?.say({ $case: "pullReceipts", value: { conversations: [GROUP] } });
    await next.settle();
    const told = first?.all("receipt") ?? [];
    assert.ok(told.length > 0);
    for (const { delivered, read } of told) assert.ok(delivered >= 2 && read >= 2);
    assert.equal(second?.last("receipt")?.ownRead, 3);
    await rig.stop();
    await next.stop();
  });

  it("and who has it when are told to a member of his own message only", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    cat.send(GROUP, 1);
    await rig.settle();
    await changes.propose(proposal({ add: [DAN] }));
    await rig.settle();
    const ask = (device: FakeDevice) =>
      device.say({
        $case: "getMessageInfo",
        value: { request: 1, conversation: GROUP, seq: 2 },
      });
    for (const device of [ann, bob, cat]) ask(device);
    await rig.settle();
    const named = cat.last("messageInfo")?.members.map(({ user }) => user);
    assert.deepEqual(named, [ANN, BOB], "not who came later");
    assert.deepEqual([ann.all("failed").length, bob.all("failed").length], [1, 1]);
    await changes.propose(proposal({ expectedVersion: 2, remove: [CAT] }));
    ask(cat);
    await rig.settle();
    assert.equal(cat.all("failed").length, 1, "not once he has left");
    await rig.stop();
  });
});
