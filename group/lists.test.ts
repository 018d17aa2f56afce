import assert from "node:assert/strict";
import { GroupRole } from "../gen/chat/client/v1/groups.js";
import { newId } from "../lib/ids.js";
import { requireName } from "./handlers/list-kept.js";
import { Lists } from "./lists.js";
import type { Peer } from "./peers.js";
import type { GroupRow } from "./store.js";

const ANN = `us_${"a".repeat(16)}`;
const groups = Array.from({ length: 30 }, () => newId("gr")).sort();

/** Instances that keep every n-th group each. */
function instances(count: number, moving: () => boolean = () => false): Lists[] {
  const all: Lists[] = [];
  const peers: Peer[] = Array.from({ length: count }, (_, i) => ({
    name: `group-${i}`,
    lists: {
      listKept: async (request) => ({ groups: await (all[i] as Lists).kept(request) }),
      adoptGroup: async () => ({}),
    },
  }));
  for (let i = 0; i < count; i++) {
    const others = peers.filter((_, other) => other !== i);
    const keeperOf = (group: string) => {
      const keeper = groups.indexOf(group) % count;
      return keeper === i ? undefined : peers[keeper];
    };
    const store = {
      groupsOf: async (_user: string, { after, limit, isKept }: Parameters<StoreOf>[1]) =>
        groups
          .filter((group) => group > after && isKept(group))
          .slice(0, limit)
          .map(rowOf),
    };
    all.push(
      new Lists({ store, peers: { others, keeperOf }, moving: i === 0 ? moving : () => false }),
    );
  }
  return all;
}

type StoreOf = ConstructorParameters<typeof Lists>[0]["store"]["groupsOf"];

function rowOf(group: string): GroupRow {
  return { group, version: 3, name: "x", members: 2, owner: ANN, admins: [] };
}

describe("the lists of several instances", () => {
  it("are one list, in order and page by page, whoever is asked", async () => {
    for (const asked of instances(3)) {
      const seen: string[] = [];
      for (let after = ""; ; ) {
        const page = await asked.all({ user: ANN, after, limit: 7 });
        assert.ok(page.every(({ role }) => role === GroupRole.OWNER));
        seen.push(...page.map(({ group }) => group));
        if (page.length < 7) break;
        after = page.at(-1)?.group ?? "";
      }
      assert.deepEqual(seen, groups);
    }
  });

  it("are not told while one of them cannot say", async () => {
    let moving = true;
    const all = instances(2, () => moving);
    for (const asked of all) {
      await assert.rejects(asked.all({ user: ANN, after: "", limit: 5 }), /divided anew/);
    }
    moving = false;
    assert.equal((await all[1]?.all({ user: ANN, after: "", limit: 5 }))?.length, 5);
  });

  it("are refused by an instance that has another name", () => {
    requireName("group-1", "group-1");
    assert.throws(() => requireName("group-1", "group-2"), /CHAT_GROUP_INSTANCES differ/);
  });
});
