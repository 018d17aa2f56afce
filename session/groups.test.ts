import assert from "node:assert/strict";
import type { ProposeChangeRequest } from "../gen/chat/session/v1/session.js";
import { limits } from "../lib/limits.js";
import {
  ANN,
  BOB,
  CAT,
  creation,
  DAN,
  failing,
  GROUP,
  proposal,
  startGroup,
} from "./testing/group-rig.js";
import { Rig } from "./testing/rig.js";

const userOf = (i: number) => `us_${String(i).padStart(16, "0")}`;

const outcomeOf = async (answer: Promise<{ outcome?: { $case: string } | undefined }>) =>
  (await answer).outcome?.$case;

describe("a group", () => {
  it("is told as an entry to everybody it concerns, whoever is removed included", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    await changes.propose(proposal({ remove: [CAT] }));
    await rig.settle();
    for (const device of [ann, bob, cat]) assert.deepEqual(device.seqs, [1, 2]);
    ann.send(GROUP, 1);
    await rig.settle();
    assert.deepEqual(
      [bob.seqs, cat.seqs],
      [
        [1, 2, 3],
        [1, 2],
      ],
    );
    await rig.stop();
  });

  it("has one winner of two changes of one version, and shows the other what there is", async () => {
    const { rig, changes } = await startGroup();
    const both = [proposal({ add: [DAN] }), proposal({ remove: [BOB] })];
    const answers = await Promise.all(both.map((one) => changes.propose(one)));
    assert.equal(answers[0]?.outcome?.$case, "appended");
    const lost = answers[1]?.outcome;
    assert.ok(lost?.$case === "mismatch");
    assert.deepEqual([lost.value.version, lost.value.members], [2, [ANN, BOB, CAT, DAN]]);
    await rig.stop();
  });

  it("answers a repeated change as before, also behind others and after a restart", async () => {
    const { rig, changes } = await startGroup();
    const first = proposal({ add: [DAN] });
    const again = await Promise.all([changes.propose(first), changes.propose(first)]);
    const made = { $case: "appended", value: { version: 2, seq: 2 } };
    assert.deepEqual(
      again.map(({ outcome }) => outcome),
      [made, made],
    );
    await changes.propose(proposal({ expectedVersion: 2 }));
    const other = { ...first, fingerprint: 2 };
    assert.equal(await outcomeOf(changes.propose(other)), "conflict");
    const next = await Rig.start({ kv: rig.kv });
    assert.deepEqual((await next.service.changes.propose(first)).outcome, made);
    await rig.stop();
    await next.stop();
  });

  it("calls a change stale that may be older than what it remembers", async () => {
    const { rig, changes } = await startGroup();
    for (let i = 1; i <= limits.groupChangesKept; i++) {
      assert.equal(await outcomeOf(changes.propose(proposal({ expectedVersion: i }))), "appended");
    }
    const now = limits.groupChangesKept + 1;
    const seen = (seenVersion: number) => proposal({ expectedVersion: now, seenVersion });
    assert.equal(await outcomeOf(changes.propose(seen(0))), "stale");
    assert.equal(await outcomeOf(changes.propose(seen(1))), "appended");
    await rig.stop();
  });

  it("tells nothing that is not durable, and forgets what became of nothing", async () => {
    const store = failing();
    const { rig, changes, bob } = await startGroup({ wrap: store.wrap });
    store.fails = true;
    const refused = assert.rejects(changes.propose(proposal({ remove: [BOB] })));
    const seen = changes.membership({ conversation: GROUP, knownVersion: 0 });
    await refused;
    await seen.catch(() => undefined);
    assert.deepEqual(bob.seqs, [1]);
    store.fails = false;
    rig.clock.advance(1_000);
    await rig.settle();
    const { membership } = await changes.membership({ conversation: GROUP, knownVersion: 0 });
    assert.deepEqual([membership?.version, membership?.members], [1, [ANN, BOB, CAT]]);
    await rig.stop();
  });

  it("refuses a change that does not fit its members, and changes nothing", async () => {
    const { rig, changes } = await startGroup();
    for (const wrong of [
      { add: [BOB] },
      { remove: [DAN] },
      { add: [DAN, DAN] },
      { user: DAN },
      { add: Array.from({ length: 1024 }, (_, i) => userOf(i)) },
    ]) {
      await assert.rejects(changes.propose(proposal(wrong)), /does not fit/);
    }
    const { membership } = await changes.membership({ conversation: GROUP, knownVersion: 0 });
    assert.equal(membership?.version, 1);
    await rig.stop();
  });

  it("holds 1,024 members, and loads them again", async () => {
    const rig = await Rig.start();
    const many = Array.from({ length: 1024 }, (_, i) => userOf(i));
    const user = many[0] as string;
    await rig.service.changes.propose({ ...creation(many), user });
    const next = await Rig.start({ kv: rig.kv });
    const ask = { conversation: GROUP, knownVersion: 0 };
    const { membership } = await next.service.changes.membership(ask);
    assert.deepEqual(membership?.members, many);
    await rig.stop();
    await next.stop();
  });

  it("does not watch over a device of one who left", async () => {
    const { rig, changes, ann, bob, cat } = await startGroup();
    await changes.propose(proposal({ remove: [CAT] }));
    await rig.settle();
    ann.send(GROUP, 1);
    await rig.settle();
    for (const device of [ann, bob]) device.ack(GROUP, 3);
    cat.ack(GROUP, 2);
    await rig.settle();
    for (let i = 0; i < 10; i++) {
      rig.clock.advance(1_000);
      await rig.settle();
    }
    assert.equal(rig.service.delivery.watched, 0);
    await rig.stop();
  });

  it("does not keep the devices of one who is forgotten from having all there is", async () => {
    const { rig, changes, cat } = await startGroup();
    await changes.propose(proposal({ remove: [CAT] }));
    cat.detach();
    await rig.settle();
    let version = 2;
    for (const n of [0, 1]) {
      const users = Array.from({ length: 600 }, (_, i) => userOf(n * 600 + i));
      await changes.propose(proposal({ expectedVersion: version++, add: users }));
      await changes.propose(proposal({ expectedVersion: version++, remove: users }));
    }
    await rig.settle();
    cat.attach();
    cat.say({ $case: "resume", value: { token: 1 } });
    await rig.settle();
    assert.equal(cat.last("caughtUp")?.pending, 0);
    const { lacks } = await rig.store.compareDevice(CAT, cat.device);
    assert.deepEqual(lacks, []);
    await changes.propose(proposal({ expectedVersion: version, add: [CAT] }));
    await rig.settle();
    assert.deepEqual(cat.last("deliver")?.after, 0, "who comes again starts anew");
    await rig.stop();
  });

  it("keeps what a former member could see, and no more than so many of them", async () => {
    const { rig, changes } = await startGroup();
    let version = 1;
    const change = async (effect: Partial<ProposeChangeRequest>) => {
      await changes.propose(proposal({ expectedVersion: version++, ...effect }));
    };
    const batch = (n: number) => Array.from({ length: 600 }, (_, i) => userOf(n * 600 + i));
    for (const n of [0, 1]) {
      await change({ add: batch(n) });
      await change({ remove: batch(n) });
    }
    const { membership } = await changes.membership({ conversation: GROUP, knownVersion: 0 });
    assert.equal(membership?.former.length, limits.formerMembersMax);
    assert.ok(!membership?.former.includes(batch(0)[0] as string), "who left first is forgotten");
    assert.ok(membership?.former.includes(batch(1)[599] as string));
    await rig.stop();
  });
});
