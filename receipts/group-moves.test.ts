import assert from "node:assert/strict";
import { AdvanceFields } from "./frames.js";
import { FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ann, bob, eve, receiptsOver, roomyLimits, settled } from "./testing/setup.js";

const GROUP = "gr_aaaaaaaaaaaaaaaa";

type Move = readonly [user: string, delivered: number, read: number];

function groupAdvance(head: number, ...moves: Move[]): AdvanceFields {
  const users = moves.map(([user, delivered, read]) => ({ user, delivered, read }));
  const fields = { conversation: GROUP, head, atMs: 1_000, count: users.length, users };
  return Object.assign(new AdvanceFields(), fields);
}

const told = (link: FakeLink) =>
  link.confirmed().map(({ user, delivered, read }) => `${user.at(-1)} ${delivered} ${read}`);

describe("moves in a group", () => {
  let store: RowsStore;
  let link: FakeLink;
  beforeEach(() => {
    store = new RowsStore();
    link = new FakeLink();
  });

  it("that come in one frame are one row, and are confirmed by one frame when it is durable", async () => {
    const { receipts, counts } = receiptsOver(store);
    store.hold = true;
    receipts.advance(groupAdvance(5, [ann, 5, 0], [bob, 5, 4], [eve, 3, 3]), link);
    receipts.kick();
    await settled();
    assert.deepEqual([store.held?.rows.length, receipts.pending], [1, 3]);
    assert.deepEqual(link.frames(), []);
    store.settle("written");
    await settled();
    const frames = link.frames();
    assert.equal(frames.length, 1);
    const [frame] = frames;
    assert.ok(frame?.$case === "confirmed");
    assert.deepEqual(frame.value.users, [
      { user: ann, delivered: 5, read: 0 },
      { user: bob, delivered: 5, read: 4 },
      { user: eve, delivered: 3, read: 3 },
    ]);
    assert.deepEqual([counts.advances, counts.confirmed, receipts.pending], [3, 3, 0]);
  });

  it("are confirmed on the link on which each came last", async () => {
    const { receipts } = receiptsOver(store);
    const other = new FakeLink();
    receipts.advance(groupAdvance(5, [ann, 5, 0], [bob, 5, 0]), link);
    receipts.advance(groupAdvance(5, [bob, 5, 5], [eve, 1, 0]), other);
    receipts.kick();
    await settled();
    assert.deepEqual([told(link), told(other)], [["a 5 0"], ["b 5 5", "e 1 0"]]);
  });

  it("that break the contract are passed over, and the others count", async () => {
    const { receipts, counts } = receiptsOver(store);
    receipts.advance(groupAdvance(5, [ann, 6, 0], ["nobody", 1, 0], [bob, 2, 0]), link);
    receipts.kick();
    await settled();
    assert.deepEqual(told(link), ["b 2 0"]);
    assert.equal(counts.invalid, 2);
    const stranger = Object.assign(groupAdvance(5, [eve, 1, 0]), { conversation: ab });
    receipts.advance(stranger, link);
    receipts.kick();
    await settled();
    assert.deepEqual([counts.invalid, told(link)], [3, []]);
    assert.equal(receipts.pending, 0);
  });

  it("that do not fit are let go one by one, and announced again by their owner", async () => {
    const limits = { ...roomyLimits, pendingMax: 2 };
    const { receipts, counts } = receiptsOver(store, { limits });
    receipts.advance(groupAdvance(5, [ann, 1, 0], [bob, 1, 0], [eve, 1, 0]), link);
    receipts.kick();
    await settled();
    assert.deepEqual(told(link), ["a 1 0", "b 1 0"]);
    assert.equal(counts.shed, 1);
    receipts.advance(groupAdvance(5, [eve, 1, 0]), link);
    receipts.kick();
    await settled();
    assert.deepEqual(told(link), ["e 1 0"]);
  });
});
