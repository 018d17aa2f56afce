import assert from "node:assert/strict";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ae, ann, bob, eve, receiptsOver, settled } from "./testing/setup.js";

describe("receipts over a failing store", () => {
  let store: RowsStore;
  let link: FakeLink;
  let core: ReturnType<typeof receiptsOver>;
  beforeEach(() => {
    store = new RowsStore();
    link = new FakeLink();
    core = receiptsOver(store);
  });

  async function deliver(conversation: string, user: string, delivered: number): Promise<void> {
    core.receipts.advance(advanceOf({ conversation, user, delivered }), link);
    core.receipts.kick();
    await settled();
  }

  it("confirm nothing of a commit that failed, and all of it when it is announced again", async () => {
    store.hold = true;
    await deliver(ab, bob, 3);
    store.settle("lost");
    await settled();
    assert.deepEqual([link.frames(), core.receipts.pending], [[], 0]);
    assert.equal(core.counts.lost, 1);
    store.hold = false;
    await deliver(ab, bob, 3);
    assert.equal(link.confirmed()[0]?.delivered, 3);
  });

  it("read again what a commit of unknown outcome left, and never write over it", async () => {
    store.hold = true;
    await deliver(ab, bob, 3);
    store.settle("written-but-unknown");
    await settled();
    store.hold = false;
    await deliver(ab, bob, 2);
    assert.equal(link.confirmed()[0]?.delivered, 3);
    await deliver(ab, ann, 4);
    assert.deepEqual(
      store.rows.map((row) => row.flush),
      [1, 2],
    );
  });

  it("keep what arrived while the commit was under way, for the next one", async () => {
    store.hold = true;
    await deliver(ab, bob, 3);
    await deliver(ab, ann, 5);
    store.settle("lost");
    await settled();
    store.settle("written");
    await settled();
    assert.deepEqual(
      link.confirmed().map(({ user, delivered }) => [user, delivered]),
      [[ann, 5]],
    );
  });

  it("read every conversation again after the store was opened again", async () => {
    await deliver(ab, bob, 3);
    await deliver(ae, eve, 3);
    const reads = store.reads;
    store.generation++;
    await deliver(ab, bob, 4);
    await deliver(ae, eve, 4);
    assert.equal(store.reads, reads + 2);
    assert.equal(store.durable(ab).get(bob)?.delivered, 4);
  });

  it("let go what they cannot read for, and go on when they can", async () => {
    store.broken = true;
    await deliver(ab, bob, 3);
    assert.deepEqual([core.receipts.pending, store.commits], [0, 0]);
    store.broken = false;
    await deliver(ab, bob, 3);
    assert.equal(link.confirmed().length, 1);
  });
});
