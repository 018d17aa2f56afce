import assert from "node:assert/strict";
import { limits } from "../lib/limits.js";
import { Conversation, newMember } from "./conversation.js";
import { HomeUser } from "./home-user.js";
import { Turns } from "./turns.js";

function group(name: string, size: number): Conversation {
  const conversation = new Conversation(`gr_${name.repeat(16)}`, 0);
  for (let i = 0; i < size; i++) {
    const user = `us_${i}`;
    const intervals = [{ from: 1, through: 0 }];
    conversation.enter(newMember({ user, intervals }, new HomeUser(user)));
  }
  return conversation;
}

const nextIteration = () => new Promise((resolve) => setImmediate(resolve));
const entry = (seq: number) => ({ seq, entry: Buffer.alloc(0) });

describe("the turns of large groups", () => {
  it("bring one entry of each group after the other, each group's in order", async () => {
    const done: string[] = [];
    const turns = new Turns(({ id }, { seq }) => done.push(`${id[3]}${seq}`));
    const [a, b] = [group("a", 40), group("b", 40)];
    for (let seq = 1; seq <= 4; seq++) turns.add(a, entry(seq), "");
    turns.add(b, entry(1), "");
    turns.add(b, entry(2), "");
    assert.deepEqual(done, [], "not in the iteration in which they were added");
    await nextIteration();
    assert.deepEqual(done, ["a1", "b1", "a2", "b2", "a3", "a4"]);
    assert.equal(turns.waiting, 0);
  });

  it("serve a bounded number of recipients per iteration, and go on in the next", async () => {
    let served = 0;
    const turns = new Turns((conversation) => {
      served += conversation.members.length;
    });
    const hot = group("a", 1_000);
    for (let seq = 1; seq <= 10; seq++) turns.add(hot, entry(seq), "");
    const perTurn: number[] = [];
    for (let before = 0; turns.waiting > 0; before = served) {
      await nextIteration();
      perTurn.push(served - before);
    }
    assert.equal(served, 10_000);
    assert.ok(Math.max(...perTurn) < limits.fanOutPerTurn + hot.members.length);
    assert.ok(perTurn.length >= 3, "others have their turn in between");
  });

  it("push nothing more of a conversation that has left memory", async () => {
    const turns = new Turns(() => assert.fail("pushed"));
    const gone = group("a", 40);
    turns.add(gone, entry(1), "");
    turns.forget(gone);
    await nextIteration();
    assert.equal(turns.waiting, 0);
  });

  it("are bounded by what the owner takes in of one conversation", () => {
    const hot = group("a", 40);
    hot.pendingHead = limits.conversationPendingMax - 1;
    assert.ok(hot.hasRoom);
    hot.pendingHead++;
    assert.ok(!hot.hasRoom, "a send is answered Busy now");
    hot.fannedOut++;
    assert.ok(hot.hasRoom);
  });
});
