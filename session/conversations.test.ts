import assert from "node:assert/strict";
import type { Conversation } from "./conversation.js";
import { changed, gate } from "./testing/changed-store.js";
import { ANN, creation, GROUP } from "./testing/group-rig.js";
import { Rig } from "./testing/rig.js";

const nothing = () => {};

describe("a conversation in memory", () => {
  it("is one object, also when a group is created while another question for it is being answered", async () => {
    const { open, opened } = gate();
    let loads = 0;
    const wrap = changed((store) => ({
      loadConversation: async (id) => {
        if (++loads === 2) await opened;
        return store.loadConversation(id);
      },
    }));
    const rig = await Rig.start({ wrap });
    const { conversations, changes } = rig.service;
    const waiter = { creates: false, ready: nothing, absent: nothing, busy: nothing };
    const later = new Promise<Conversation>((resolve) => {
      // The group is not there yet. Whoever is told so first asks again at once, and then it is created.
      const again = () => conversations.load(GROUP, { ...waiter, ready: resolve });
      conversations.load(GROUP, { ...waiter, absent: again });
    });
    const made = await changes.propose(creation([ANN]));
    assert.equal(made.outcome?.$case, "appended");
    const present = conversations.loaded.get(GROUP);
    open();
    assert.equal(await later, present);
    assert.equal(conversations.loaded.get(GROUP), present);
    assert.throws(() => conversations.adopt(present as Conversation), /already/);
    await rig.stop();
  });
});
