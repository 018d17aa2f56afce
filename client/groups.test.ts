import assert from "node:assert/strict";
import { ChatError, UnansweredError } from "./errors.js";
import { Groups } from "./groups.js";
import { linkOf, readLink } from "./groups-api.js";
import { isGroupId, randomText } from "./ids.js";
import { timings } from "./timings.js";
import type { TokenKeeper } from "./tokens.js";

const GROUP = "gr_aaaaaaaaaaaaaaaa";
type Body = Record<string, unknown>;

/** The calls that are made, answered one after the other; at the end of the list the last answer stays. */
function setUp(...answers: (Body | "no answer")[]) {
  const calls: { path: string; body: Body }[] = [];
  let uuids = 0;
  let now = 0;
  const fetch = async (url: string, init: RequestInit) => {
    calls.push({ path: url.split("/v1/")[1] ?? "", body: JSON.parse(String(init.body)) });
    const answer = answers[Math.min(calls.length, answers.length) - 1];
    if (answer === "no answer") {
      now += timings.httpMs;
      throw new Error("it took too long");
    }
    const { status = 200 } = answer as { status?: number };
    return { ok: status === 200, status, json: async () => answer } as Response;
  };
  const tokens = {
    account: { server: "http://s" },
    authorized: (run: (token: string) => Promise<unknown>) => run("token"),
  } as unknown as TokenKeeper;
  const learnt: string[] = [];
  const groups = new Groups({
    tokens,
    fetch,
    clock: {
      wallMs: () => 0,
      nowMs: () => now,
      after: (ms, run) => {
        now += ms;
        queueMicrotask(run);
        return { cancel() {} };
      },
      every: () => ({ cancel() {} }),
    },
    random: {
      uuid: () => `00000000-0000-4000-8000-${`${++uuids}`.padStart(12, "0")}`,
      fraction: () => 0,
    },
    seenVersion: () => 3,
    learn: async (names) => void learnt.push(...names.map(({ name }) => name)),
  });
  return { groups, calls, learnt };
}

const CHANGED = { changed: { version: "4", seq: "9" } };
const refused = (reason: string, user?: string) => ({
  refused: { reason: `REFUSE_REASON_${reason}`, ...(user && { user }) },
});

describe("groups", () => {
  it("are changed by one request, with what the device has seen", async () => {
    const { groups, calls } = setUp(CHANGED);
    assert.deepEqual(await groups.rename(GROUP, "x"), { group: GROUP, version: 4, seq: 9 });
    const { path, body } = calls[0] as (typeof calls)[number];
    const { requestId, ...rest } = body;
    assert.equal(path, "groups/change");
    assert.match(String(requestId), /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, { group: GROUP, seenVersion: 3, rename: { name: "x" } });
    await groups.rename(GROUP, "y");
    assert.equal(calls[1]?.body.seenVersion, 4, "what an own change came to is seen, too");
  });

  it("are asked again with the same id while no answer comes", async () => {
    const busy = { status: 503, reason: "BUSY", message: "later" };
    const limited = { status: 429, reason: "RATE_LIMITED", message: "slower", retryAfterMs: 500 };
    const { groups, calls } = setUp("no answer", busy, limited, CHANGED);
    await groups.leave(GROUP);
    assert.equal(calls.length, 4);
    assert.equal(new Set(calls.map(({ body }) => body.requestId)).size, 1);
  });

  it("say why a change is refused, and about whom", async () => {
    for (const [reason, expected] of [
      ["NOT_FOUND", "NOT_FOUND"],
      ["NOT_A_MEMBER", "NOT_A_MEMBER"],
      ["NOT_ALLOWED", "NOT_ALLOWED"],
      ["FULL", "GROUP_FULL"],
      ["GONE", "GONE"],
      ["ALREADY", "ALREADY"],
      ["NO_SUCH_USER", "NOT_FOUND"],
      ["NO_SUCH_MEMBER", "NOT_FOUND"],
      ["CONFLICT", "CONFLICT"],
    ] as const) {
      const { groups } = setUp(refused(reason, "us_x"));
      await assert.rejects(groups.add(GROUP, ["us_x"]), (error) => {
        return (
          error instanceof ChatError && error.reason === expected && /us_x/.test(error.message)
        );
      });
    }
  });

  it("look where the group is when their first request is too old, and only then", async () => {
    const group = { group: { version: "50", members: [{ user: "us_a", name: "ann" }] } };
    const { groups, calls, learnt } = setUp(refused("STALE"), group, CHANGED);
    await groups.rename(GROUP, "x");
    assert.deepEqual(
      calls.map(({ path }) => path),
      ["groups/change", "groups/get", "groups/change"],
    );
    assert.equal(calls[2]?.body.seenVersion, 50);
    assert.equal(calls[2]?.body.requestId, calls[0]?.body.requestId);
    assert.deepEqual(learnt, ["ann"]);
    const lost = setUp("no answer", refused("STALE"));
    await assert.rejects(lost.groups.rename(GROUP, "x"), { reason: "STALE" });
  });

  it("are created under an id of their own, and joined by a link", async () => {
    const { groups, calls } = setUp(CHANGED);
    const { group } = await groups.create({ name: "x" });
    assert.ok(isGroupId(group));
    assert.deepEqual(calls[0]?.body.create, { name: "x", description: "", members: [] });
    const secret = randomText(26, () => crypto.randomUUID());
    assert.deepEqual(readLink(linkOf(group, secret)), { group, secret });
    assert.throws(() => readLink("https://example.org"), { reason: "INVALID" });
    const joining = setUp({ name: "x", members: 2, version: "7" }, CHANGED);
    await joining.groups.join(linkOf(group, secret));
    assert.equal(joining.calls[1]?.body.seenVersion, 7);
  });

  it("are joined though many others are quicker, again and again: STALE and RATE_LIMITED leave nothing open", async () => {
    const link = linkOf(GROUP, "0".repeat(26));
    const crowded = { status: 429, reason: "RATE_LIMITED", message: "many", retryAfterMs: 500 };
    const at = (version: string) => ({ name: "x", members: 2, version });
    const stale = refused("STALE");
    const answers = [at("7"), stale, at("41"), crowded, stale, at("80"), CHANGED];
    const { groups, calls } = setUp(...answers);
    await groups.join(link);
    const asked = calls.filter(({ path }) => path === "groups/change").map(({ body }) => body);
    assert.deepEqual(
      asked.map(({ seenVersion }) => seenVersion),
      [7, 41, 41, 80],
    );
    assert.equal(new Set(asked.map(({ requestId }) => requestId)).size, 1);
  });

  it("whose request hangs are asked for again before they are given up", async () => {
    const { groups, calls } = setUp("no answer", "no answer", CHANGED);
    await groups.create({ name: "x" });
    assert.equal(calls.length, 3);
    assert.equal(new Set(calls.map(({ body }) => body.group)).size, 1);
  });

  it("without an answer give the key with which they are asked for again: no second group is made", async () => {
    const lost = setUp("no answer");
    const error = await lost.groups.create({ name: "x" }).catch((given) => given);
    assert.ok(error instanceof UnansweredError);
    assert.equal(error.reason, "UNREACHABLE");
    const later = setUp(CHANGED);
    const { group } = await later.groups.create({ name: "x" }, error.key);
    assert.equal(group, error.key.group);
    assert.deepEqual(later.calls[0]?.body, lost.calls[0]?.body);
    // What somebody asks for again may have been made: then only a look at the group tells.
    const stale = setUp(refused("STALE"));
    const key = { ...(await stale.groups.newKey(GROUP)), seenVersion: 1 };
    await assert.rejects(stale.groups.rename(GROUP, "x", key), { reason: "STALE" });
    assert.equal(stale.calls.length, 1);
  });

  it("send of settings only those that are named", async () => {
    const { groups, calls } = setUp(CHANGED);
    await groups.settings(GROUP, { whoMayAdd: "admins" });
    const settings = { whoMayAdd: "GROUP_AUDIENCE_ADMINS" };
    assert.deepEqual(calls[0]?.body.settings, { settings });
  });
});
