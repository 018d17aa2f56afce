import assert from "node:assert/strict";
import { directId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import type { Link } from "../lib/link/link.js";
import { Outgoing } from "../lib/link/outgoing.js";
import { Conversation } from "./conversation.js";
import { merge, newCursor } from "./cursors.js";
import { minimaOf, writeCursors } from "./frames.js";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ann, bob, eve, receiptsOver, roomyLimits, settled } from "./testing/setup.js";

const query = { request: 7, conversation: ab, head: 9, user: ann, members: [] };

describe("a question for cursors", () => {
  let store: RowsStore;
  let link: FakeLink;
  beforeEach(() => {
    store = new RowsStore();
    link = new FakeLink();
  });

  it("is answered with nothing for a conversation nobody received", async () => {
    const { receipts } = receiptsOver(store);
    receipts.ask(query, link);
    receipts.kick();
    await settled();
    const zero = { lowest: 0, lowestUser: ann, withoutLowest: 0 };
    const value = { request: 7, conversation: ab, delivered: 0, read: 0 };
    assert.deepEqual(link.frames(), [
      {
        $case: "cursors",
        value: { ...value, deliveredMinimum: zero, readMinimum: zero, users: [] },
      },
    ]);
  });

  it("is answered with what is durable, not with what is about to be", async () => {
    const { receipts } = receiptsOver(store);
    receipts.advance(advanceOf({ conversation: ab, user: ann, read: 4 }), link);
    receipts.kick();
    await settled();
    link.frames();
    store.hold = true;
    receipts.advance(advanceOf({ conversation: ab, user: ann, read: 6 }), link);
    receipts.kick();
    await settled();
    receipts.ask(query, link);
    const [frame] = link.frames();
    assert(frame?.$case === "cursors");
    assert.deepEqual([frame.value.delivered, frame.value.read], [4, 4]);
    assert.deepEqual(frame.value.readMinimum, { lowest: 0, lowestUser: bob, withoutLowest: 4 });
  });

  it("waits for the one read of its conversation, with all others", async () => {
    const { receipts } = receiptsOver(store);
    for (let request = 1; request <= 5; request++) receipts.ask({ ...query, request }, link);
    receipts.kick();
    await settled();
    assert.equal(store.reads, 1);
    const requests = link.frames().map((f) => f.$case === "cursors" && f.value.request);
    assert.deepEqual(requests, [1, 2, 3, 4, 5]);
  });

  it("is let go when too many wait, and when the store cannot be read", async () => {
    const { receipts, counts } = receiptsOver(store, {
      limits: { ...roomyLimits, questionsMax: 1 },
    });
    store.broken = true;
    receipts.ask(query, link);
    receipts.ask(query, link);
    receipts.kick();
    await settled();
    assert.deepEqual([link.frames(), counts.shed, counts.storeErrors], [[], 1, 1]);
    store.broken = false;
    receipts.ask(query, link);
    receipts.kick();
    await settled();
    assert.equal(link.frames().length, 1);
  });

  it("about a group is answered for those who are named and have cursors, and nobody else", async () => {
    const { receipts } = receiptsOver(store);
    const conversation = "gr_aaaaaaaaaaaaaaaa";
    for (const [user, read] of [
      [ann, 4],
      [eve, 6],
    ] as const) {
      receipts.advance(advanceOf({ conversation, user, read }), link);
    }
    receipts.kick();
    await settled();
    link.frames();
    receipts.ask({ ...query, conversation, members: [ann, bob] }, link);
    const [frame] = link.frames();
    assert(frame?.$case === "cursors");
    assert.deepEqual(frame.value.users, [{ user: ann, delivered: 4, read: 4 }]);
  });

  it("about a group to which very many came and left is answered within one frame", () => {
    const conversation = new Conversation("gr_aaaaaaaaaaaaaaaa", "trusted");
    const users = Array.from({ length: 35_000 }, (_, i) => `us_${String(i).padStart(16, "0")}`);
    for (const user of users) {
      merge(conversation.cursors, { ...newCursor(user), delivered: 2 ** 40, read: 2 ** 40 });
    }
    const outgoing = new Outgoing();
    const pass = {
      begin: (kind: number, size: number) => outgoing.begin(kind, size),
      end: () => outgoing.end(),
    } as unknown as Link;
    const members = users.slice(0, limits.groupMembersMax + limits.formerMembersMax);
    const question = { link: pass, request: 1, user: ann, members };
    assert.ok(writeCursors(question, conversation, minimaOf(conversation)));
    assert.ok(outgoing.bytes < limits.batchBytesMax / 2);
  });

  it("by somebody who is no member is ignored", async () => {
    const { receipts, counts } = receiptsOver(store);
    receipts.ask({ ...query, user: "us_eeeeeeeeeeeeeeee" }, link);
    receipts.kick();
    await settled();
    assert.deepEqual([link.frames(), counts.invalid, store.reads], [[], 1, 0]);
  });

  it("never has more than the bound of conversations being read at a time", async () => {
    const { receipts } = receiptsOver(store, { limits: { ...roomyLimits, loadsMax: 3 } });
    for (let n = 10; n < 30; n++) {
      const conversation = directId(ann, `us_${n}cccccccccccccc`);
      receipts.ask({ ...query, conversation }, link);
    }
    receipts.kick();
    await settled();
    assert.equal(link.frames().length, 20);
    assert.equal(store.readingMax, 3);
  });
});
