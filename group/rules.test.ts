import assert from "node:assert/strict";
import { GroupAudience, GroupRole } from "../gen/chat/client/v1/groups.js";
import { RefuseReason } from "../gen/chat/group/v1/group.js";
import { messageOf } from "../lib/contract.js";
import { DEFAULT_SETTINGS, type Group, next, roleOf, viewOf } from "./group.js";
import { type Action, decide, type Effects } from "./rules.js";

const SECRET = "0123456789abcdefghijklmnop";
const WHO = ["owner", "admin", "member", "former", "stranger"] as const;
type Who = (typeof WHO)[number];

/** A group of an owner, two admins and two members, one who left, and a link. */
function group(change: Partial<Group["state"]> = {}): Group {
  const state = {
    name: "club",
    description: "",
    settings: DEFAULT_SETTINGS,
    owner: "owner",
    admins: ["admin", "deputy"],
    link: { secret: SECRET, expiresUnixMs: 1_000 },
    linkRevoked: false,
    ...change,
  };
  const members = ["owner", "member", "admin", "deputy", "other"];
  return { group: "g", version: 7, members, former: new Set(["former"]), state, changes: [] };
}

const NOTHING: Group = { ...group(), version: 0, members: [], former: new Set() };
const EMPTY: Group = { ...group({ owner: "", admins: [] }), members: [] };

function outcome(of: Group, user: string, action: Action, nowMs = 500, membersMax = 8): string {
  const verdict = decide(of, action, { user, nowMs, membersMax });
  if (!("refused" in verdict)) return "yes";
  return `${RefuseReason[verdict.refused]}${verdict.about ? ` ${verdict.about}` : ""}`;
}

const join = (secret = SECRET): Action => ({ $case: "join", value: { secret } });
const settings = { whoMaySend: GroupAudience.ADMINS, whoMayAdd: GroupAudience.EVERYONE };

/** For each action: what becomes of it by owner, admin, member, former member and stranger. */
const TABLE: [Action, Record<Who, string>][] = [
  row({ $case: "rename", value: { name: "x" } }, "yes", "yes", "NOT_ALLOWED"),
  row({ $case: "rename", value: { name: "club" } }, "ALREADY", "ALREADY", "NOT_ALLOWED"),
  row({ $case: "describe", value: { description: "x" } }, "yes", "yes", "NOT_ALLOWED"),
  row({ $case: "describe", value: { description: "" } }, "ALREADY", "ALREADY", "NOT_ALLOWED"),
  row({ $case: "add", value: { users: ["new", "member"] } }, "yes", "yes", "NOT_ALLOWED"),
  row(
    { $case: "add", value: { users: ["other"] } },
    "ALREADY other",
    "ALREADY other",
    "NOT_ALLOWED",
  ),
  row({ $case: "add", value: { users: ["a", "b", "c"] } }, "yes", "yes", "NOT_ALLOWED"),
  row({ $case: "add", value: { users: ["a", "b", "c", "d"] } }, "FULL", "FULL", "NOT_ALLOWED"),
  row({ $case: "remove", value: { users: ["other"] } }, "yes", "yes", "NOT_ALLOWED"),
  row(
    { $case: "remove", value: { users: ["deputy"] } },
    "yes",
    "NOT_ALLOWED deputy",
    "NOT_ALLOWED",
  ),
  row(
    { $case: "remove", value: { users: ["other", "owner"] } },
    "NOT_ALLOWED owner",
    "NOT_ALLOWED owner",
    "NOT_ALLOWED",
  ),
  row(
    { $case: "remove", value: { users: ["other", "nobody"] } },
    "NO_SUCH_MEMBER nobody",
    "NO_SUCH_MEMBER nobody",
    "NOT_ALLOWED",
  ),
  row({ $case: "leave", value: {} }, "yes", "yes", "yes"),
  row({ $case: "promote", value: { user: "other" } }, "yes", "yes", "NOT_ALLOWED"),
  row(
    { $case: "promote", value: { user: "deputy" } },
    "ALREADY deputy",
    "ALREADY deputy",
    "NOT_ALLOWED",
  ),
  row(
    { $case: "promote", value: { user: "nobody" } },
    "NO_SUCH_MEMBER nobody",
    "NO_SUCH_MEMBER nobody",
    "NOT_ALLOWED",
  ),
  row({ $case: "demote", value: { user: "deputy" } }, "yes", "NOT_ALLOWED deputy", "NOT_ALLOWED"),
  row({ $case: "demote", value: { user: "admin" } }, "yes", "yes", "NOT_ALLOWED"),
  row(
    { $case: "demote", value: { user: "owner" } },
    "NOT_ALLOWED owner",
    "NOT_ALLOWED owner",
    "NOT_ALLOWED",
  ),
  row(
    { $case: "demote", value: { user: "other" } },
    "ALREADY other",
    "ALREADY other",
    "NOT_ALLOWED",
  ),
  row({ $case: "transfer", value: { user: "other" } }, "yes", "NOT_ALLOWED", "NOT_ALLOWED"),
  row(
    { $case: "transfer", value: { user: "owner" } },
    "ALREADY owner",
    "NOT_ALLOWED",
    "NOT_ALLOWED",
  ),
  row(
    { $case: "transfer", value: { user: "former" } },
    "NO_SUCH_MEMBER former",
    "NOT_ALLOWED",
    "NOT_ALLOWED",
  ),
  row({ $case: "settings", value: { settings } }, "yes", "yes", "NOT_ALLOWED"),
  row(
    { $case: "setLink", value: { secret: SECRET, expiresUnixMs: 0 } },
    "yes",
    "yes",
    "NOT_ALLOWED",
  ),
  row({ $case: "revokeLink", value: {} }, "yes", "yes", "NOT_ALLOWED"),
];

function row(action: Action, owner: string, admin: string, member: string): (typeof TABLE)[number] {
  return [action, { owner, admin, member, former: "NOT_A_MEMBER", stranger: "NOT_FOUND" }];
}

describe("the rules of groups", () => {
  for (const [action, expected] of TABLE) {
    const what = `${action.$case} ${JSON.stringify(action.value)}`;
    it(`answer each role alike: ${what}`, () => {
      for (const who of WHO) assert.equal(outcome(group(), who, action), expected[who], who);
      // Where nothing is, or nobody is left, nobody may do anything.
      for (const who of WHO) assert.equal(outcome(NOTHING, who, action), "NOT_FOUND", who);
      assert.equal(outcome(EMPTY, "former", action), "GONE");
      assert.equal(outcome(EMPTY, "stranger", action), "NOT_FOUND");
    });
  }

  it("have a row for every action of the contract", () => {
    const oneof = messageOf("chat.group.v1.ChangeGroupRequest").oneofs[0];
    const named = new Set<string>([...TABLE.map(([{ $case }]) => $case), "create", "join"]);
    assert.deepEqual(
      oneof?.fields.map((field) => field.localName).filter((n) => !named.has(n)),
      [],
    );
  });

  it("let settings that are not named stay: nobody undoes what another one has just set", () => {
    const { ADMINS, EVERYONE, UNSPECIFIED } = GroupAudience;
    const set = (whoMaySend: GroupAudience, whoMayAdd: GroupAudience) => {
      const named = { whoMaySend, whoMayAdd };
      const action: Action = { $case: "settings", value: { settings: named } };
      const verdict = decide(group({ settings }), action, {
        user: "owner",
        nowMs: 500,
        membersMax: 8,
      });
      return "state" in verdict && [verdict.state.settings, verdict.kind.value];
    };
    const quiet = { whoMaySend: ADMINS, whoMayAdd: ADMINS };
    assert.deepEqual(set(UNSPECIFIED, ADMINS), [quiet, quiet]);
    const open = { whoMaySend: EVERYONE, whoMayAdd: EVERYONE };
    assert.deepEqual(set(EVERYONE, UNSPECIFIED), [open, open]);
  });

  it("let members add where the settings say so", () => {
    const open = group({ settings });
    assert.equal(outcome(open, "member", { $case: "add", value: { users: ["new"] } }), "yes");
    const full: Action = { $case: "add", value: { users: ["a", "b", "c", "d"] } };
    assert.equal(outcome(open, "member", full), "FULL");
  });

  it("tell those who come what the group is called", () => {
    const add: Action = { $case: "add", value: { users: ["stranger"] } };
    for (const [who, action] of [
      ["owner", add],
      ["stranger", join()],
    ] as const) {
      const verdict = decide(group(), action, { user: who, nowMs: 500, membersMax: 10 });
      assert.ok("kind" in verdict && "name" in verdict.kind.value);
      assert.equal(verdict.kind.value.name, group().state.name);
    }
  });

  it("create a group only where none is, and no larger than allowed", () => {
    const value = { name: "n", description: "", settings: undefined, members: ["a", "b"] };
    const create: Action = { $case: "create", value };
    assert.equal(outcome(NOTHING, "me", create), "yes");
    assert.equal(outcome(NOTHING, "me", create, 0, 2), "FULL");
    for (const who of WHO) assert.equal(outcome(group(), who, create), "CONFLICT");
    const made = decide(NOTHING, create, { user: "me", nowMs: 0, membersMax: 3 }) as Effects;
    assert.deepEqual([made.add, made.state.owner], [["me", "a", "b"], "me"]);
  });

  it("let anybody join by a link that is good, and tell the others no more than they know", () => {
    const wrong = join("x".repeat(26));
    assert.equal(outcome(group(), "stranger", join()), "yes");
    assert.equal(outcome(group(), "former", join()), "yes");
    assert.equal(outcome(group(), "member", join()), "ALREADY");
    assert.equal(outcome(group(), "stranger", wrong), "NOT_FOUND");
    assert.equal(outcome(group({ link: undefined }), "stranger", join()), "NOT_FOUND");
    assert.equal(outcome(group(), "stranger", join(), 1_000), "GONE", "it has ended");
    assert.equal(outcome(group({ linkRevoked: true }), "stranger", join()), "GONE");
    assert.equal(outcome(EMPTY, "stranger", join()), "GONE");
    assert.equal(outcome(NOTHING, "stranger", join()), "NOT_FOUND");
    assert.equal(outcome(group(), "stranger", join(), 500, 5), "FULL");
  });

  it("never leave members without an owner", () => {
    const left = (of: Group, user: string): Group => {
      const verdict = decide(of, { $case: "leave", value: {} }, { user, nowMs: 0, membersMax: 8 });
      const done = { user, requestId: "", fingerprint: 0, version: of.version + 1, seq: 1 };
      return next(of, verdict as Effects, done);
    };
    let now = left(group(), "owner");
    assert.deepEqual([now.state.owner, now.state.admins], ["admin", ["deputy"]]);
    now = left(left(now, "deputy"), "admin");
    assert.deepEqual([now.state.owner, now.state.admins], ["member", []]);
    now = left(now, "other");
    assert.equal(roleOf(now, "member"), GroupRole.OWNER);
    now = left(now, "member");
    assert.deepEqual([now.state.owner, now.members], ["", []]);
    assert.ok(now.former.has("owner"));
  });

  it("show the link to those who may hand it out, while it is good", () => {
    const around = { membersMax: 8, names: new Map([["owner", "Olga"]]) };
    const linkFor = (user: string, nowMs = 500) => viewOf(group(), user, { ...around, nowMs }).link;
    assert.equal(linkFor("owner")?.secret, SECRET);
    assert.equal(linkFor("admin")?.secret, SECRET);
    assert.equal(linkFor("member"), undefined);
    assert.equal(linkFor("owner", 1_000), undefined);
    const view = viewOf(group(), "member", { ...around, nowMs: 0 });
    assert.deepEqual(view.members[0], { user: "owner", role: GroupRole.OWNER, name: "Olga" });
  });
});
