import assert from "node:assert/strict";
import { GroupAudience } from "../gen/chat/client/v1/groups.js";
import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { ANN, BOB, CAT, DAN, failing, GROUP, proposal, startGroup } from "./testing/group-rig.js";
import { FakeDevice, Rig } from "./testing/rig.js";

describe("a send to a group", () => {
  it("by a stranger is refused without using a number up", async () => {
    const { rig } = await startGroup();
    const dan = rig.device(DAN).attach();
    dan.send(GROUP, 1);
    await rig.settle();
    const { reason, free } = dan.last("rejected") ?? {};
    assert.deepEqual([reason, free], [RejectReason.NOT_FOUND, true]);
    await rig.stop();
  });

  it("that does not exist gets the same answer as by a stranger", async () => {
    const { rig, ann } = await startGroup();
    ann.send("gr_0000000000000000", 1);
    await rig.settle();
    const { reason, free } = ann.last("rejected") ?? {};
    assert.deepEqual([reason, free], [RejectReason.NOT_FOUND, true]);
    await rig.stop();
  });

  it("by a stranger is answered as for no group whatever its number", async () => {
    const { rig } = await startGroup();
    const dan = rig.device(DAN).attach();
    for (const group of [GROUP, "gr_0000000000000000"]) dan.send(group, 2);
    await rig.settle();
    const answers = dan.received.map(({ $case }) => $case).filter((name) => name !== "bases");
    assert.deepEqual(answers, ["rejected", "rejected"]);
    await rig.stop();
  });

  it("by one who left uses its number up, and has that outcome for ever", async () => {
    const { rig, changes, cat } = await startGroup();
    await changes.propose(proposal({ remove: [CAT] }));
    const id = cat.send(GROUP, 1);
    await rig.settle();
    await changes.propose(proposal({ expectedVersion: 2, add: [CAT] }));
    cat.send(GROUP, 1, "text 1", id);
    cat.send(GROUP, 9, "text 1", id);
    cat.send(GROUP, 2);
    await rig.settle();
    const rejected = cat.all("rejected").map(({ number, reason, free }) => [number, reason, free]);
    const no = RejectReason.NOT_A_MEMBER;
    assert.deepEqual(rejected, [
      [1, no, false],
      [1, no, false],
      [9, no, false],
    ]);
    assert.equal(cat.last("sent")?.seq, 4);
    const next = await Rig.start({ kv: rig.kv });
    const later = new FakeDevice(next, CAT, cat.device).attach();
    later.send(GROUP, 1, "text 1", id);
    await next.settle();
    assert.equal(later.last("rejected")?.reason, no, "also after a restart");
    await rig.stop();
    await next.stop();
  });

  it("is not told to be rejected before that is durable", async () => {
    const store = failing();
    const { rig, changes, cat } = await startGroup({ wrap: store.wrap });
    await changes.propose(proposal({ remove: [CAT] }));
    store.fails = true;
    const id = cat.send(GROUP, 1);
    await rig.settle();
    assert.deepEqual([cat.all("rejected").length, cat.all("busy").length], [0, 1]);
    store.fails = false;
    rig.clock.advance(1_000);
    await rig.settle();
    cat.send(GROUP, 1, "text 1", id);
    await rig.settle();
    assert.equal(cat.all("rejected").length, 1);
    await rig.stop();
  });

  it("is for those who may send: the others read", async () => {
    const { rig, changes, ann, bob } = await startGroup();
    const settings = { whoMaySend: GroupAudience.ADMINS, whoMayAdd: GroupAudience.ADMINS };
    const change = { version: 2, kind: { $case: "settings" as const, value: settings } };
    await changes.propose(proposal({ change, restricted: true, senders: [ANN] }));
    bob.send(GROUP, 1);
    ann.send(GROUP, 1);
    await rig.settle();
    assert.equal(bob.last("rejected")?.reason, RejectReason.NOT_ALLOWED);
    assert.equal(ann.last("sent")?.seq, 3);
    assert.deepEqual(bob.seqs, [1, 2, 3]);
    const next = await Rig.start({ kv: rig.kv });
    const again = next.device(BOB).attach();
    again.send(GROUP, 1);
    await next.settle();
    assert.equal(again.last("rejected")?.reason, RejectReason.NOT_ALLOWED, "after a restart");
    await rig.stop();
    await next.stop();
  });
});
