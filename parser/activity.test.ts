import assert from "node:assert/strict";
import { Origin } from "../gen/chat/common/v1/options.js";
import { clientFrames } from "../lib/contract.js";
import { newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { sendOf } from "./testing/frames.js";
import { ALICE, BOB, CAROL, CHAT, FOREIGN_CHAT, TestBench } from "./testing/test-bench.js";

const read = (automatic: boolean, conversation = CHAT) =>
  ({ $case: "read", value: { conversation, seq: 1, automatic } }) as const;

describe("activity of users", () => {
  it("can be marked as automatic in every frame that clients repeat", () => {
    const users = clientFrames().filter(({ origin }) => origin === Origin.USER);
    const always = users.filter(({ automatic }) => automatic === 0).map(({ name }) => name);
    assert.ok(users.length > always.length);
    assert.deepEqual(always, ["typing"]);
  });

  it("is what a user sends and reads, and not what his client repeats", () => {
    const bench = new TestBench();
    bench.clientSends(sendOf());
    assert.deepEqual(bench.reported(), [ALICE]);
    bench.clientSends(read(false));
    assert.deepEqual(bench.reported(), [ALICE]);
    bench.clientSends(sendOf({ automatic: true }));
    bench.clientSends(read(true));
    bench.clientSends({ $case: "ack", value: { conversation: CHAT, seq: 1 } });
    bench.clientSends({ $case: "resume", value: { token: 1 } });
    assert.deepEqual(bench.reported(), []);
  });

  it("is what gateways say that users did over HTTP", () => {
    const bench = new TestBench();
    bench.gatewaySays({ $case: "acted", value: { user: BOB } });
    bench.gatewaySays({ $case: "acted", value: { user: "us_short" } });
    assert.deepEqual(bench.reported(), [BOB]);
    assert.equal(bench.counters.forged, 1);
  });

  it("is no frame that is refused", () => {
    const bench = new TestBench();
    bench.clientSends(read(false, FOREIGN_CHAT));
    assert.deepEqual(bench.reported(), []);
  });

  it("is reported once per user and second", () => {
    const bench = new TestBench();
    for (let i = 0; i < 20; i++) {
      bench.clientSends(read(false));
      bench.clientSends(read(false), { user: BOB });
    }
    assert.deepEqual(bench.reported(), [ALICE, BOB]);
    assert.equal(bench.counters.active, 2);
  });

  it("goes to the instance that owns the user, in frames of bounded size", () => {
    const names = ["presence-1", "presence-2", "presence-3"];
    const bench = new TestBench(["session-1"], names);
    const users = Array.from({ length: 5_000 }, () => newId("us"));
    for (const user of users) bench.activity.mark(user);
    bench.activity.flush();
    const found = names.map((name, i) => {
      const frames = bench.presenceLinks[i]?.take() ?? [];
      return frames.flatMap(({ kind }) => {
        if (kind?.$case !== "active") return [];
        assert.ok(kind.value.users.length <= limits.activeUsersPerFrame);
        for (const user of kind.value.users)
          assert.equal(bench.presences.ownerOf(user)?.name, name);
        return kind.value.users;
      });
    });
    assert.ok(found.every(({ length }) => length > 0));
    assert.deepEqual(found.flat().sort(), [...users].sort());
  });

  it("waits when there is no room, and messages pass", () => {
    const bench = new TestBench();
    bench.presenceLinks[0]?.full.add(4);
    bench.clientSends(sendOf());
    assert.deepEqual(bench.reported(), []);
    assert.equal(bench.counters.inactive, 0);
    assert.equal(bench.commands().length, 1);
  });

  it("is not collected in an installation without presence", () => {
    const bench = new TestBench(["session-1"], []);
    bench.clientSends(sendOf());
    bench.activity.flush();
    assert.deepEqual([bench.counters.active, bench.counters.inactive], [0, 0]);
  });
});

describe("activity while presence is away", () => {
  let bench: TestBench;
  beforeEach(() => {
    bench = new TestBench();
  });

  const away = (isAway: boolean, index = 0) => {
    if (isAway) bench.presenceLinks[index]?.full.add(4);
    else bench.presenceLinks[index]?.full.delete(4);
  };
  /** What one flush tells, a second after the one before, as `age: users`. */
  const told = (index = 0) => {
    bench.clock.advance(1_000);
    bench.activity.flush();
    return (bench.presenceLinks[index]?.take() ?? []).map(({ kind }) => {
      assert.equal(kind?.$case, "active");
      const { users, ageS } = kind?.$case === "active" ? kind.value : { users: [], ageS: 0 };
      assert.ok(users.length <= limits.activeUsersPerFrame);
      return [ageS, users] as const;
    });
  };

  it("is told when it is back, each user once, with how long it is ago", () => {
    away(true);
    for (const users of [[ALICE, BOB], [BOB], [], [CAROL]]) {
      for (const user of users) bench.activity.mark(user);
      assert.deepEqual(told(), []);
    }
    away(false);
    bench.activity.mark(CAROL);
    assert.deepEqual(told(), [
      [0, [CAROL]],
      [4, [ALICE]],
      [3, [BOB]],
    ]);
    assert.deepEqual(told(), []);
    assert.deepEqual([bench.counters.active, bench.counters.inactive], [3, 0]);
  });

  it("is told in frames of bounded size", () => {
    const users = Array.from({ length: 1_200 }, () => newId("us"));
    away(true);
    for (const user of users) bench.activity.mark(user);
    assert.deepEqual(told(), []);
    away(false);
    const frames = told();
    assert.deepEqual(
      frames.map(([ageS, { length }]) => [ageS, length]),
      [
        [1, 512],
        [1, 512],
        [1, 176],
      ],
    );
    assert.deepEqual(
      frames.flatMap(([, some]) => some),
      users,
    );
  });

  it("is forgotten after an hour, and beyond the bound, oldest first", () => {
    away(true);
    bench.activity.mark(ALICE);
    assert.deepEqual(told(), []);
    bench.clock.advance(1_800_000);
    bench.activity.mark(BOB);
    assert.deepEqual(told(), []);
    bench.clock.advance(1_800_000);
    assert.deepEqual(told(), []);
    assert.equal(bench.counters.inactive, 1);
    for (let i = 0; i < limits.activeUsersMax; i++) bench.activity.mark(newId("us"));
    assert.deepEqual(told(), []);
    assert.equal(bench.counters.inactive, 2);
    away(false);
    assert.equal(told().flatMap(([, users]) => users).length, limits.activeUsersMax);
  });

  it("waits for the one instance that is away", () => {
    bench = new TestBench(["session-1"], ["presence-1", "presence-2"]);
    const users = Array.from({ length: 20 }, () => newId("us"));
    const of = (name: string) =>
      users.filter((user) => bench.presences.ownerOf(user)?.name === name);
    away(true, 1);
    for (const user of users) bench.activity.mark(user);
    assert.deepEqual(told(0), [[0, of("presence-1")]]);
    away(false, 1);
    assert.deepEqual(told(1), [[1, of("presence-2")]]);
  });
});

describe("frames about presence", () => {
  it("go to the instance of the sender, and watches to that of who is watched", () => {
    const names = ["presence-1", "presence-2"];
    const bench = new TestBench(["session-1"], names);
    const users = Array.from({ length: 20 }, () => newId("us"));
    for (const user of users) {
      bench.clientSends({ $case: "watch", value: { request: 1, user } });
      bench.clientSends({ $case: "foreground", value: { automatic: true } }, { user });
      bench.clientSends({ $case: "background", value: {} }, { user });
    }
    names.forEach((name, i) => {
      for (const { kind } of bench.presenceLinks[i]?.take() ?? []) {
        const command = kind?.$case === "command" ? kind.value : undefined;
        const frame = command?.frame?.kind;
        const user = frame?.$case === "watch" ? frame.value.user : command?.origin?.user;
        assert.equal(bench.presences.ownerOf(user ?? "")?.name, name);
      }
    });
    assert.equal(bench.counters.forwarded, 60);
  });

  it("are answered with INVALID and BUSY where an answer is due", () => {
    const bench = new TestBench(["session-1"], []);
    bench.clientSends({ $case: "watch", value: { request: 5, user: "us_short" } });
    bench.clientSends({ $case: "watch", value: { request: 6, user: BOB } });
    bench.clientSends({ $case: "foreground", value: { automatic: false } });
    const answers = bench.answers().map((kind) => JSON.stringify(kind));
    assert.equal(answers.length, 2);
    assert.match(answers[0] ?? "", /"request":5,"reason":1/);
    assert.match(answers[1] ?? "", /"request":6,"reason":3/);
  });

  it("come back to the connections that they are for", () => {
    const bench = new TestBench();
    const value = { request: 1, user: BOB, online: true, lastSeenUnixMs: 0 };
    const frame = { kind: { $case: "presence" as const, value } };
    const targets = [{ gateway: "gw_0000000000000001", codec: 1, connections: [7] }];
    bench.presenceSays({ $case: "event", value: { targets, frame } });
    assert.deepEqual(bench.answers(), [frame.kind]);
  });
});
