import assert from "node:assert/strict";
import { directId } from "../lib/ids.js";
import { limits as linkLimits } from "../lib/limits.js";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ae, ann, bob, eve, receiptsOver, roomyLimits, settled } from "./testing/setup.js";

describe("receipts", () => {
  let store: RowsStore;
  let link: FakeLink;
  beforeEach(() => {
    store = new RowsStore();
    link = new FakeLink();
  });

  it("confirms a move when it is durable, and not before", async () => {
    const { receipts } = receiptsOver(store);
    store.hold = true;
    receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: 3 }), link);
    receipts.kick();
    await settled();
    assert.equal(store.held?.rows.length, 1);
    assert.deepEqual(link.frames(), []);
    store.settle("written");
    await settled();
    assert.deepEqual(link.confirmed(), [
      {
        conversation: ab,
        user: bob,
        delivered: 3,
        read: 0,
        deliveredMinimum: { lowest: 0, lowestUser: ann, withoutLowest: 3 },
        readMinimum: { lowest: 0, lowestUser: ann, withoutLowest: 0 },
      },
    ]);
    assert.equal(receipts.pending, 0);
  });

  it("makes one commit of all that arrives while another one is under way", async () => {
    const { receipts, counts } = receiptsOver(store);
    receipts.advance(advanceOf({ conversation: ab, user: ann, delivered: 1 }), link);
    receipts.advance(advanceOf({ conversation: ae, user: ann, delivered: 1 }), link);
    receipts.kick();
    await settled();
    const before = counts.commits;
    store.hold = true;
    receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: 1 }), link);
    receipts.kick();
    for (let seq = 2; seq <= 9; seq++) {
      receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: seq }), link);
      receipts.advance(advanceOf({ conversation: ae, user: eve, read: seq }), link);
      receipts.kick();
    }
    await settled();
    assert.equal(store.held?.rows.length, 1);
    link.frames();
    store.settle("written");
    await settled();
    assert.equal(link.confirmed().length, 1);
    assert.deepEqual(
      store.held?.rows.map((row) => [row.conversation, row.moves.length]),
      [
        [ab, 1],
        [ae, 1],
      ],
    );
    store.settle("written");
    await settled();
    const values = link.confirmed().map(({ user, delivered, read }) => [user, delivered, read]);
    assert.deepEqual(values, [
      [bob, 9, 0],
      [eve, 9, 9],
    ]);
    assert.equal(counts.commits - before, 2);
  });

  it("answers a move that moves nothing without writing, from what is durable", async () => {
    const { receipts } = receiptsOver(store);
    receipts.advance(advanceOf({ conversation: ab, user: bob, read: 5 }), link);
    receipts.kick();
    await settled();
    link.frames();
    receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: 4, head: 9 }), link);
    receipts.kick();
    await settled();
    const [confirmed] = link.confirmed();
    assert.deepEqual([confirmed?.delivered, confirmed?.read], [5, 5]);
    assert.equal(store.commits, 1);
  });

  it("ignores and counts what breaks the contract", async () => {
    const { receipts, counts } = receiptsOver(store);
    const bad = [
      { conversation: ab, user: bob, delivered: 5, head: 4 },
      { conversation: ab, user: bob, read: 5, head: 4 },
      { conversation: ab, user: eve, delivered: 1 },
      { conversation: ab, user: "", delivered: 1 },
      { conversation: "dm_no", user: bob, delivered: 1 },
      { conversation: "", user: bob, delivered: 1 },
    ];
    for (const fields of bad) receipts.advance(advanceOf(fields), link);
    receipts.kick();
    await settled();
    assert.equal(counts.invalid, bad.length);
    assert.deepEqual([store.rows, link.frames(), receipts.pending], [[], [], 0]);
  });

  it("drops moves above its bound, keeps coalescing those it has, and says nothing", async () => {
    const limits = { ...roomyLimits, pendingMax: 1 };
    const { receipts, counts } = receiptsOver(store, { limits });
    receipts.advance(advanceOf({ conversation: ab, user: ann, delivered: 1 }), link);
    receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: 1 }), link);
    receipts.advance(advanceOf({ conversation: ab, user: ann, delivered: 2 }), link);
    assert.equal(receipts.pending, 1);
    receipts.kick();
    await settled();
    assert.deepEqual(
      link.confirmed().map(({ user, delivered }) => [user, delivered]),
      [[ann, 2]],
    );
    assert.equal(counts.shed, 1);
  });

  it("puts no more into a commit than a link can be answered", async () => {
    const most = linkLimits.linkWindowFrames[3] / 2;
    const pendingMax = 2 * most;
    const { receipts } = receiptsOver(store, { limits: { ...roomyLimits, pendingMax } });
    store.hold = true;
    for (let n = 0; n < pendingMax; n++) {
      const conversation = directId(ann, `us_z${String(n).padStart(15, "0")}`);
      receipts.advance(advanceOf({ conversation, user: ann, delivered: 1 }), link);
    }
    receipts.kick();
    await settled();
    const sizes: number[] = [];
    while (store.held) {
      sizes.push(store.held.rows.length);
      store.settle("written");
      await settled();
    }
    assert.equal(Math.max(...sizes), most);
    assert.equal(link.confirmed().length, pendingMax);
  });

  it("makes a move durable even when the link it came on is gone", async () => {
    const { receipts, counts } = receiptsOver(store);
    receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: 3 }), link);
    link.destroy();
    receipts.kick();
    await settled();
    assert.equal(store.durable(ab).get(bob)?.delivered, 3);
    assert.equal(counts.shed, 0);
  });

  it("keeps a bounded number of conversations and reads evicted ones again", async () => {
    const limits = { ...roomyLimits, conversationsMax: 1 };
    const { receipts, counts } = receiptsOver(store, { limits });
    for (const conversation of [ab, ae, ab]) {
      receipts.advance(advanceOf({ conversation, user: ann, delivered: 7 }), link);
      receipts.kick();
      await settled();
    }
    assert.equal(receipts.conversations, 1);
    assert.equal(counts.loads, 3);
    assert.equal(link.confirmed().length, 3);
  });

  it("keeps a group in the place of as many conversations as have its cursors", async () => {
    const limits = { ...roomyLimits, conversationsMax: 10 };
    const { receipts } = receiptsOver(store, { limits });
    const move = async (conversation: string, user: string) => {
      receipts.advance(advanceOf({ conversation, user, delivered: 7 }), link);
      receipts.kick();
      await settled();
    };
    for (let i = 0; i < 8; i++) await move(directId(ann, `us_${i}aaaaaaaaaaaaaaa`), ann);
    assert.equal(receipts.conversations, 8);
    for (let i = 0; i < 12; i++)
      await move("gr_aaaaaaaaaaaaaaaa", `us_${i % 8}${i % 4}${"a".repeat(14)}`);
    assert.equal(receipts.conversations, 7, "four for the group of eight");
  });

  it("makes everything durable before it stops", async () => {
    const { receipts } = receiptsOver(store, { limits: { ...roomyLimits, flushMs: 10_000 } });
    receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: 3 }), link);
    receipts.kick();
    await settled();
    receipts.advance(advanceOf({ conversation: ab, user: bob, delivered: 4 }), link);
    receipts.advance(advanceOf({ conversation: ae, user: eve, delivered: 5 }), link);
    await receipts.stop();
    assert.equal(store.durable(ab).get(bob)?.delivered, 4);
    assert.equal(store.durable(ae).get(eve)?.delivered, 5);
  });
});
