import assert from "node:assert/strict";
import fc from "fast-check";
import {
  directId,
  directMembers,
  isDeviceId,
  isDirectId,
  isDirectIdAt,
  isDirectMemberAt,
  isGroupId,
  isGroupIdAt,
  isUserId,
  isUserIdAt,
  isUuidAt,
  newId,
} from "./ids.js";

const body = fc.string({
  unit: fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyz"),
  minLength: 16,
  maxLength: 16,
});
const user = body.map((text) => `us_${text}`);
const PREFIX = Buffer.from("xyz");

const isUuid = (text: string) => {
  const bytes = Buffer.from(`xyz${text}`);
  return isUuidAt(bytes, PREFIX.length, bytes.length);
};
/** Both readings of an id: they must agree. */
const isDirect = (text: string) => {
  const bytes = Buffer.from(`xyz${text}`);
  const answer = isDirectIdAt(bytes, PREFIX.length, bytes.length);
  assert.equal(answer, isDirectId(text), text);
  return answer;
};
const isDirectMember = (id: string, of: string) => isDirectMemberAt(Buffer.from(`xyz${id}`), 3, of);

describe("ids", () => {
  it("are of the form the contract states", () => {
    for (let i = 0; i < 200; i++) {
      assert.ok(isUserId(newId("us")));
      assert.ok(isDeviceId(newId("dv")));
      assert.match(newId("gw"), /^gw_[0-9a-z]{16}$/);
    }
  });

  it("are different each time", () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => newId("us")));
    assert.equal(ids.size, 10_000);
  });

  it("tell users from devices and from anything else", () => {
    const good = "us_0123456789abcdef";
    assert.ok(isUserId(good));
    for (const bad of [
      "",
      "us_",
      `${good}0`,
      good.slice(0, -1),
      good.toUpperCase(),
      "dv_0123456789abcdef",
      "us_0123456789abcde_",
      "us_0123456789abcd\u00e9f",
      "us_0123456789abcde\n",
    ]) {
      assert.equal(isUserId(bad), false, bad);
    }
    assert.equal(isDeviceId(good), false);
  });

  it("name the conversation of two users alike from both sides, and give its members back", () => {
    fc.assert(
      fc.property(user, user, (a, b) => {
        fc.pre(a !== b);
        const id = directId(a, b);
        assert.equal(id, directId(b, a));
        assert.ok(isDirect(id));
        assert.deepEqual(directMembers(id), [a, b].sort());
        assert.ok(isDirectMember(id, a) && isDirectMember(id, b));
      }),
    );
  });

  it("know who is not a member", () => {
    fc.assert(
      fc.property(user, user, user, (a, b, c) => {
        fc.pre(a !== b && c !== a && c !== b);
        assert.equal(isDirectMember(directId(a, b), c), false);
      }),
    );
  });

  it("refuse conversations with oneself, in the wrong order or of another form", () => {
    const low = "0000000000000000";
    const high = "zzzzzzzzzzzzzzzz";
    assert.ok(isDirect(`dm_${low}_${high}`));
    for (const bad of [
      `dm_${high}_${low}`,
      `dm_${low}_${low}`,
      `dm_${low}-${high}`,
      `dm_${low}_${high}x`,
      `gr_${low}_${high}`,
      `dm_${low}_ZZZZZZZZZZZZZZZZ`,
      "dm_",
      "",
    ]) {
      assert.equal(isDirect(bad), false, bad);
    }
  });

  it("accept a UUID only in lower-case canonical form", () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => assert.ok(isUuid(uuid))));
    assert.equal(isUuid("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), false);
    assert.equal(isUuid("a0eebc999c0b4ef8bb6d6bb9bd380a11"), false);
    assert.equal(isUuid(" a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), false);
    assert.equal(isUuid("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\n"), false);
  });

  it("tell groups from anything else, as text and as bytes", () => {
    const check = (id: string, expected: boolean) => {
      const bytes = Buffer.from(`xyz${id}`);
      assert.equal(isGroupId(id), expected, id);
      assert.equal(isGroupIdAt(bytes, PREFIX.length, bytes.length), expected, id);
    };
    check(newId("gr"), true);
    fc.assert(fc.property(body, (text) => check(`gr_${text}`, true)));
    for (const id of [
      newId("us"),
      "gr_",
      "gr_0123456789abcde",
      "gr_0123456789abcdeF",
      "gr-0123456789abcdef",
    ]) {
      check(id, false);
    }
  });

  it("of users are recognised as bytes as they are as text", () => {
    const check = (id: string) => {
      const bytes = Buffer.from(`before${id}`);
      assert.equal(isUserIdAt(bytes, 6, bytes.length), isUserId(id), id);
    };
    fc.assert(fc.property(body, (text) => check(`us_${text}`)));
    fc.assert(fc.property(fc.string({ unit: "binary-ascii" }), (text) => check(text)));
    for (const id of [newId("gr"), "", "us_", "us_0123456789abcde", "us_0123456789abcdeF"])
      check(id);
    assert.ok(isUserIdAt(Buffer.from(newId("us")), 0, 19));
  });
});
