import assert from "node:assert/strict";
import type { ClientFrame } from "../gen/chat/client/v1/frames.js";
import { shardOf } from "../lib/hash.js";
import { directId, newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { Ring } from "../lib/ring.js";
import { Sessions } from "./sessions.js";
import { ALICE, BOB, casesOf, GATEWAY, originOf, TestBench } from "./testing/test-bench.js";

const NAMES = ["session-1", "session-2", "session-3"];
const ring = new Ring(NAMES);
const users = Array.from({ length: 60 }, () => newId("us"));
const chats = users.map((user) => directId(ALICE, user));
const ownerOf = (chat: string) => ring.ownerOfShard(shardOf(chat, limits.shards));
const homeOf = (user: string) => ring.ownerOf(user);

describe("several session instances", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench(NAMES);
  });
  const kindsAt = (i: number): ClientFrame["kind"][] =>
    bench.commands(i).map(({ frame }) => frame?.kind);

  it("get the commands of the conversations they own", () => {
    for (const conversation of chats) {
      bench.clientSends({ $case: "ack", value: { conversation, seq: 1 } });
    }
    for (const [i, name] of NAMES.entries()) {
      const expected = chats.filter((chat) => ownerOf(chat) === name);
      assert.ok(expected.length > 0);
      assert.deepEqual(
        kindsAt(i),
        expected.map((conversation) => ({ $case: "ack", value: { conversation, seq: 1 } })),
      );
    }
  });

  it("get the other commands of the users at home there", () => {
    for (const user of users) bench.clientSends({ $case: "resume", value: { token: 1 } }, { user });
    for (const [i, name] of NAMES.entries()) {
      assert.deepEqual(
        bench.commands(i).map(({ origin }) => origin?.user),
        users.filter((user) => homeOf(user) === name),
      );
    }
  });

  it("get each the part of a PullReceipts that they own", () => {
    const foreign = directId(BOB, users[0] ?? "");
    const conversations = [foreign, ...chats];
    bench.clientSends({ $case: "pullReceipts", value: { conversations } });
    for (const [i, name] of NAMES.entries()) {
      const mine = chats.filter((chat) => ownerOf(chat) === name);
      assert.deepEqual(kindsAt(i), [{ $case: "pullReceipts", value: { conversations: mine } }]);
    }
    assert.equal(bench.counters.dropped, 1);
  });

  it("get each a roster chunk of the same range with only their users, even with none", () => {
    const connections = users.map((user, i) => ({
      origin: originOf({ user, connection: i + 1 }),
      connect: 1,
    }));
    const empty = { first: 61, last: 90, connections: [] };
    bench.gatewaySays(
      { $case: "rosterChunk", value: { first: 1, last: 60, connections } },
      { $case: "rosterChunk", value: empty },
    );
    for (const [i, name] of NAMES.entries()) {
      const mine = connections.filter(({ origin }) => homeOf(origin.user) === name);
      assert.deepEqual(casesOf(bench.links[i]?.take() ?? [], "roster"), [
        { gateway: GATEWAY, chunk: { first: 1, last: 60, connections: mine } },
        { gateway: GATEWAY, chunk: empty },
      ]);
    }
  });

  it("get attach at the home, and NotHere everywhere", () => {
    for (const user of users) {
      bench.gatewaySays({ $case: "attach", value: { origin: originOf({ user }), connect: 1 } });
    }
    for (const [i, name] of NAMES.entries()) {
      assert.deepEqual(
        casesOf(bench.links[i]?.take() ?? [], "attach").map(({ attach }) => attach?.origin?.user),
        users.filter((user) => homeOf(user) === name),
      );
    }
    bench.gatewaySays({ $case: "notHere", value: { connections: [1] } });
    for (const link of bench.links) assert.equal(link.take().length, 1);
  });

  it("do not stop each other: a command for one that is away is answered Busy", () => {
    const [away] = bench.links;
    if (away) bench.fromSession[0]?.down(away, "test");
    for (const conversation of chats) {
      bench.clientSends({ $case: "getLastNumber", value: { request: 1, conversation } });
    }
    const expected = chats.filter((chat) => ownerOf(chat) === NAMES[0]).length;
    assert.equal(bench.answers().length, expected);
    assert.equal(kindsAt(1).length + kindsAt(2).length, chats.length - expected);
  });

  it("are at least one", () => {
    assert.throws(() => new Sessions([]), /at least one session/);
  });
});
