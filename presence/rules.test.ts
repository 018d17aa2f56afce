import assert from "node:assert/strict";
import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { Events } from "./events.js";
import { Rules } from "./rules.js";

const [ANN, BEN] = [newId("us"), newId("us")];
const { EVERYONE, CONTACTS, NOBODY } = Visibility;
const QUESTIONS = ["online", "lastSeen"] as const;

function rule(user: string, change: Partial<AudienceRule> = {}): AudienceRule {
  const open = { version: 1, lastSeen: EVERYONE, online: EVERYONE, contacts: [], blocked: [] };
  return { user, ...open, ...change };
}

function untold(bytesMax = 1024 * 1024, events = new Events(silentLogger)): Rules {
  return new Rules({ events, bytesMax });
}

/** All is told, with these rules. */
function told(...rules: AudienceRule[]): Rules {
  const all = untold();
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
    const rules = untold();
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

  it("is what auth tells after it was set back to an earlier state", () => {
    const rules = told(rule(ANN, { online: NOBODY, version: 9 }));
    rules.begin();
    rules.take([rule(ANN, { online: CONTACTS, contacts: [BEN], version: 4 })], true);
    assert.equal(rules.maySee(BEN, ANN, "online"), true);
    assert.deepEqual([...rules.changed()], [ANN]);
  });

  it("has changed when the rule has, also under the number of before: auth may be set back", () => {
    const rules = told(rule(ANN, { version: 3, blocked: [BEN] }));
    rules.changed();
    rules.begin();
    rules.take([rule(ANN, { version: 3, online: NOBODY })], true);
    assert.deepEqual([...rules.changed()], [ANN]);
    rules.begin();
    rules.take([rule(ANN, { version: 4, online: NOBODY })], true);
    assert.deepEqual([...rules.changed()], []);
  });
});

describe("who may see what, when the rules take more memory than they may (they had no bound)", () => {
  const others = (count: number) => Array.from({ length: count }, () => newId("us"));
  const KIB = 1024;
  let events: Events;
  let rules: Rules;

  const start = (bytesMax: number) => {
    events = new Events(silentLogger);
    rules = untold(bytesMax, events);
    rules.begin();
  };

  it("is counted in bytes, 16 of them for a user who is named", () => {
    start(64 * KIB);
    rules.take([rule(ANN, { online: CONTACTS, contacts: others(200) })], true);
    const { bytes } = rules;
    assert.ok(bytes >= 3_200 && bytes < 3_600, String(bytes));
    rules.take([rule(ANN, { online: CONTACTS, contacts: others(100), version: 2 })], false);
    assert.equal(rules.bytes, bytes - 1_600);
    rules.take([rule(ANN, { version: 3 })], false);
    assert.equal(rules.bytes, 0);
  });

  it("is nothing for anybody, of one whose lists have no room, until they have", () => {
    start(8 * KIB);
    const [first, second] = [newId("us"), newId("us")];
    const forContacts = { online: CONTACTS, contacts: [BEN, ...others(199)] };
    rules.take([rule(first, forContacts), rule(second, forContacts)], true);
    assert.equal(rules.maySee(BEN, first, "online"), true);
    for (const question of QUESTIONS) {
      assert.equal(rules.maySee(BEN, second, question), false);
      assert.equal(rules.maySee(second, BEN, question), false);
    }
    assert.equal(rules.maySee(BEN, newId("us"), "online"), true);
    assert.equal(events.counts.rulesCut, 1);
    rules.take([rule(first, { version: 2 }), rule(second, { ...forContacts, version: 2 })], false);
    assert.equal(rules.maySee(BEN, second, "online"), true);
  });

  it("does not count what an earlier telling said: all was lost though it fitted, and nobody was shown any more", () => {
    start(512);
    rules.take(
      [rule(newId("us"), { online: NOBODY }), rule(newId("us"), { online: NOBODY })],
      true,
    );
    rules.begin();
    rules.take([rule(ANN, { online: NOBODY }), rule(newId("us"), { online: NOBODY })], false);
    assert.equal(rules.maySee(BEN, newId("us"), "online"), false, "not all of it was heard");
    rules.take([], true);
    assert.equal(rules.maySee(BEN, newId("us"), "online"), true);
    assert.equal(rules.maySee(BEN, ANN, "online"), false);
    assert.equal(events.counts.rulesLost, 0);
  });

  it("is nothing at all when it is not known any more who hides, until all is told and has room", () => {
    start(8 * KIB);
    const hiding = others(40).map((user) => rule(user, { online: NOBODY }));
    rules.take(hiding.slice(0, 20), true);
    assert.equal(rules.maySee(BEN, ANN, "online"), true);
    rules.take(hiding.slice(20), false);
    assert.equal(rules.maySee(BEN, ANN, "online"), false);
    assert.ok(events.counts.rulesLost > 0);
    assert.ok(rules.bytes <= 8 * KIB);
    rules.begin();
    rules.take(hiding, true);
    assert.equal(rules.maySee(BEN, ANN, "online"), false);
    rules.begin();
    rules.take(hiding.slice(0, 20), true);
    assert.equal(rules.maySee(BEN, ANN, "online"), true);
  });
});
