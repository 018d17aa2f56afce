import assert from "node:assert/strict";
import { Conversation } from "./conversation.js";
import { Eviction } from "./eviction.js";

/** Conversations of so many members each, in memory; `held`: receipts has not confirmed a cursor. */
function setUp(count: number, held: boolean, members = 1) {
  const loaded = new Map<string, Conversation>();
  for (let i = 0; i < count; i++) {
    const conversation = new Conversation(`dm_${i}`, 0);
    for (let m = 0; m < members; m++) conversation.members.push({ announcing: false } as never);
    conversation.used = false;
    loaded.set(conversation.id, conversation);
  }
  const eviction = new Eviction({
    conversations: {
      loaded,
      get members() {
        return loaded.size * members;
      },
    },
    advances: { holds: () => held },
    drop: ({ id }) => loaded.delete(id),
    max: 10,
    membersMax: 100,
  });
  return { loaded, eviction };
}

describe("the conversations in memory", () => {
  it("are no more than the bound, those used least lately going first", () => {
    const { loaded, eviction } = setUp(15, false);
    (loaded.get("dm_0") as Conversation).used = true;
    eviction.sweep();
    assert.equal(loaded.size, 10);
    assert.ok(loaded.has("dm_0") && !loaded.has("dm_1") && loaded.has("dm_14"));
  });

  it("have no more members together than the bound", () => {
    const groups = setUp(5, false, 30);
    groups.eviction.sweep();
    assert.deepEqual([...groups.loaded.keys()], ["dm_2", "dm_3", "dm_4"]);
    const unconfirmed = setUp(10, true, 30);
    unconfirmed.eviction.sweep();
    assert.equal(unconfirmed.loaded.size, 6);
  });

  it("stay while receipts owes them a confirmation, up to a second bound", () => {
    const few = setUp(18, true);
    few.eviction.sweep();
    assert.equal(few.loaded.size, 18);
    const many = setUp(50, true);
    many.eviction.sweep();
    assert.equal(many.loaded.size, 20);
  });

  it("stay while something of them is on its way to the store, whatever the bounds", () => {
    const { loaded, eviction } = setUp(50, true);
    for (const conversation of loaded.values()) conversation.pending = 1;
    eviction.sweep();
    assert.equal(loaded.size, 50);
  });
});
