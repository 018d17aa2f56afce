import assert from "node:assert/strict";
import { until } from "../lib/store/faults.js";
import {
  A,
  ALL,
  attention,
  B,
  commit,
  entry,
  SHARD,
  type Stage,
  takeOver,
} from "./store-rig.suite.js";

export function fenceTests(at: Stage): void {
  it("lets only the last one who took the shard over commit", async () => {
    const old = await takeOver(at);
    const current = await takeOver(at);
    assert.ok(current.epoch > old.epoch);
    assert.equal(await at.rig.store.commit(old, [entry(A, 1)]), "fenced");
    assert.equal(await at.rig.store.loadConversation(A), undefined);
    assert.equal(await at.rig.store.commit(current, [entry(A, 1)]), "committed");
  });

  it("fences the older lease from the call on", async () => {
    const old = await takeOver(at);
    const taking = takeOver(at);
    assert.equal(await at.rig.store.commit(old, [entry(A, 1)]), "fenced");
    assert.equal(await at.rig.store.commit(await taking, [entry(A, 1)]), "committed");
  });

  it("is per shard", async () => {
    const lease = await takeOver(at, 1);
    await takeOver(at, 2);
    assert.equal(await at.rig.store.commit(lease, [entry(A, 1)]), "committed");
  });

  it("is never given twice, also over a restart", async () => {
    const epochs: number[] = [];
    for (let i = 0; i < 3; i++) {
      epochs.push((await takeOver(at)).epoch, (await takeOver(at)).epoch);
      await at.rig.restart();
    }
    assert.deepEqual(
      epochs,
      [...new Set(epochs)].sort((a, b) => a - b),
    );
  });

  it("does not outlive the process, and a made-up one is worth nothing", async () => {
    const lease = await takeOver(at);
    await at.rig.restart();
    assert.equal(await at.rig.store.commit(lease, [entry(A, 1)]), "fenced");
    assert.equal(await at.rig.store.commit({ shard: 3, epoch: 0 }, [entry(A, 1)]), "fenced");
    assert.equal(await at.rig.store.commit({ shard: 3, epoch: 1 }, [entry(A, 1)]), "fenced");
  });

  it("goes to one when several take the shard over at once", async () => {
    const leases = await Promise.all([takeOver(at), takeOver(at), takeOver(at)]);
    assert.equal(new Set(leases.map(({ epoch }) => epoch)).size, 3);
    const outcomes = [];
    for (const lease of leases) outcomes.push(await at.rig.store.commit(lease, [entry(A, 1)]));
    assert.deepEqual(outcomes, ["fenced", "fenced", "committed"]);
  });
}

export function takeOverTests(at: Stage): void {
  it("waits for the commit that is in flight: the new owner sees it", async () => {
    const lease = await takeOver(at);
    const release = at.rig.faults.hold();
    const before = at.rig.faults.batches;
    const flying = at.rig.store.commit(lease, [entry(A, 1), attention(A, true, 1, "us_x")]);
    await until(() => at.rig.faults.batches > before);
    const taking = at.rig.store.takeOver(SHARD, "bt_other");
    release();
    assert.equal(await flying, "committed");
    assert.deepEqual((await taking).open, [A]);
  });

  it("gives the conversations that are open in the shard, and no others", async () => {
    await commit(at, attention(A, true, 1, "us_x"), attention(B, true, 1, "us_x"), entry("c3", 1));
    await at.rig.store.commit(await takeOver(at, 8), [attention("c8", true, 1)]);
    assert.deepEqual((await at.rig.store.takeOver(SHARD, "bt_owner")).open, [A, B]);
    await commit(at, attention(A, false, 1, "us_x"));
    assert.deepEqual((await at.rig.store.takeOver(SHARD, "bt_owner")).open, [B]);
    assert.deepEqual((await at.rig.store.takeOver(SHARD + 256, "bt_owner")).open, []);
  });

  it("ends for every shard when the store had to be opened again", async () => {
    const other = await takeOver(at, 1);
    const lease = await takeOver(at, 2);
    at.rig.faults.failNext("lost", new Error("IO error: broken"));
    await assert.rejects(at.rig.store.commit(lease, [entry(A, 1)]));
    await at.rig.recovered();
    assert.equal(await at.rig.store.commit(other, [entry(B, 1)]), "fenced");
    assert.equal(await at.rig.store.commit(await takeOver(at, 1), [entry(B, 1)]), "committed");
  });

  it("is not given when taking over could not be made durable", async () => {
    const lease = await takeOver(at);
    at.rig.faults.failNext("lost", new Error("IO error: broken"));
    await assert.rejects(takeOver(at));
    await at.rig.recovered();
    assert.equal(await at.rig.store.commit(lease, [entry(A, 1)]), "fenced");
    await commit(at, entry(A, 1));
    assert.equal((await at.rig.store.readEntries(A, ALL)).length, 1);
  });
}

/** A commit that ended with an error. */
export function unknownOutcomeTests(at: Stage): void {
  for (const outcome of ["applied", "lost"] as const) {
    it(`settles a commit nobody knows the outcome of: ${outcome}, and so for good`, async () => {
      const lease = await takeOver(at);
      at.rig.faults.failNext(outcome, new Error("IO error: broken"));
      await assert.rejects(at.rig.store.commit(lease, [entry(A, 1), entry(A, 2)]));
      await at.rig.recovered();
      assert.equal(await at.rig.store.commit(lease, [entry(A, 1), entry(A, 2)]), "fenced");
      const next = await takeOver(at);
      const head = outcome === "applied" ? 2 : 0;
      assert.equal((await at.rig.store.loadConversation(A))?.head ?? 0, head);
      assert.equal(await at.rig.store.commit(next, [entry(A, head + 1)]), "committed");
      await at.rig.restart();
      const seqs = (await at.rig.store.readEntries(A, ALL)).map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        Array.from({ length: head + 1 }, (_, i) => i + 1),
      );
    });
  }
}
