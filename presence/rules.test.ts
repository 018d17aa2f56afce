import assert from "node:assert/strict";
import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import { newId } from "../lib/ids.js";
import { Rules } from "./rules.js";

const [ANN, BEN] = [newId("us"), newId("us")];
const { EVERYONE, CONTACTS, NOBODY } = Visibility;
const QUESTIONS = ["online", "lastSeen"] as const;

function rule(user: string, change: Partial<AudienceRule> = {}): AudienceRule {
  const open = { version: 1, lastSeen: EVERYONE, online: EVERYONE, contacts: [], blocked: [] };
  return { user, ...open, ...change };
}

/** All is told, with these rules. */
function told(...rules: AudienceRule[]): Rules {
  const all = new Rules();
  all.begin();
  all.take(rules, false);
  all.take([], true);
  return all;
}

describe("who may see what", () => {
  const settings = [
    ["everyone", EVERYONE],
    ["contacts", CONTACTS],
    ["nobody", NOBODY],
  ] as const;
  const relations = [
    ["a stranger", {}],
    ["a contact", { contacts: [BEN] }],
    ["one who is blocked", { blocked: [BEN] }],
    ["a contact who is blocked", { contacts: [BEN], blocked: [BEN] }],
  ] as const;
  const allowed = new Set(["everyone a stranger", "everyone a contact", "contacts a contact"]);
  for (const [setting, visibility] of settings) {
    for (const [relation, lists] of relations) {
      for (const question of QUESTIONS) {
        it(`${relation}, where ${question} is for ${setting}; and the other way round`, () => {
          const change = { ...lists, contacts: [...("contacts" in lists ? lists.contacts : [])] };
          const blocked = [...("blocked" in lists ? lists.blocked : [])];
          const other = question === "online" ? "lastSeen" : "online";
          const rules = told(rule(ANN, { ...change, blocked, [question]: visibility }));
          const may = allowed.has(`${setting} ${relation}`);
          assert.equal(rules.maySee(BEN, ANN, question), may);
          // Who hides does not see.
          assert.equal(rules.maySee(ANN, BEN, question), may);
          assert.equal(rules.maySee(BEN, ANN, other), blocked.length === 0);
          assert.equal(rules.maySee(ANN, ANN, question), true);
        });
      }
    }
  }

  it("is nobody, until all of it was told", () => {
    const rules = new Rules();
    assert.equal(rules.maySee(BEN, ANN, "online"), false);
    rules.begin();
    rules.take([rule(ANN, { online: NOBODY })], false);
    assert.equal(rules.maySee(BEN, newId("us"), "online"), false);
    rules.take([], true);
    assert.equal(rules.maySee(BEN, newId("us"), "online"), true);
    assert.equal(rules.maySee(BEN, ANN, "online"), false);
  });

  it("follows what changes, in whatever order", () => {
    const rules = told(rule(ANN, { online: NOBODY, version: 3 }));
    rules.take([rule(ANN, { online: EVERYONE, version: 2 })], false);
    assert.equal(rules.maySee(BEN, ANN, "online"), false);
    rules.take([rule(ANN, { online: EVERYONE, version: 4 })], false);
    assert.equal(rules.maySee(BEN, ANN, "online"), true);
    assert.equal(rules.size, 0);
  });

  it("is what was told last while it is told anew, and then what was told anew", () => {
    const rules = told(rule(ANN, { online: NOBODY }));
    rules.begin();
    assert.equal(rules.maySee(BEN, ANN, "online"), false);
    rules.take([], true);
    assert.equal(rules.maySee(BEN, ANN, "online"), true);
  });
});
