import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { RefuseReason } from "../gen/chat/group/v1/group.js";
import { systemClock } from "../lib/clock.js";
import { FakeClock } from "../lib/fake-clock.js";
import { limits } from "../lib/limits.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { createGroupEvents } from "./events.js";
import { Groups } from "./groups.js";
import { Projections } from "./projections.js";
import type { Action } from "./rules.js";
import type { GroupStore } from "./store.js";
import { createLevelStore } from "./store-level.js";
import { FakeOwner } from "./testing/fake-owner.js";

const GROUP = "gr_aaaaaaaaaaaaaaaa";
const [ANN, BOB, EVE] = ["a", "b", "e"].map((c) => `us_${c.repeat(16)}`) as [
  string,
  string,
  string,
];

class Rig {
  readonly owner = new FakeOwner();
  readonly clock = new FakeClock();
  readonly missing = new Set<string>();
  /** Who lets nobody add him. */
  readonly closed = new Set<string>();
  /** Answers about that come when this has come. */
  answering: Promise<void> | undefined;
  readonly groups: Groups;
  readonly projections: Projections;

  constructor(
    readonly store: GroupStore,
    membersMax: number,
  ) {
    const { clock } = this;
    this.projections = new Projections({
      store,
      peers: { keeperOf: () => undefined, ring: "group-1" },
      read: (group) => this.groups.read(group),
      clock,
      log: silentLogger,
    });
    this.groups = new Groups({
      owners: { of: () => this.owner },
      projections: this.projections,
      clock,
      events: createGroupEvents(silentLogger),
      existing: async (users) => new Set(users.filter((user) => !this.missing.has(user))),
      notAddable: async (_by, users) => {
        const closed = users.filter((user) => this.closed.has(user));
        await this.answering;
        return closed;
      },
      membersMax,
      cachedMax: 10,
    });
  }

  static async start(membersMax = 4): Promise<Rig> {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    const rig = new Rig(createLevelStore(kv), membersMax);
    await rig.ask(ANN, create([BOB]));
    return rig;
  }

  ask(user: string, action: Action, requestId: string = randomUUID(), seenVersion?: number) {
    const seen = seenVersion ?? this.owner.membership.version;
    return this.groups.change({ user, group: GROUP, requestId, seenVersion: seen, action });
  }

  async told(user: string, action: Action, requestId?: string, seenVersion?: number) {
    const outcome = await this.ask(user, action, requestId, seenVersion);
    return outcome.$case === "changed" ? outcome.value.version : RefuseReason[outcome.value.reason];
  }
}

function create(members: string[]): Action {
  const value = { name: "club", description: "", settings: undefined, members };
  return { $case: "create", value };
}

const rename = (name: string): Action => ({ $case: "rename", value: { name } });
const add = (...users: string[]): Action => ({ $case: "add", value: { users } });

describe("changes of groups", () => {
  it("are proposed with the version they were judged by, and known from then on", async () => {
    const rig = await Rig.start();
    assert.equal(await rig.told(ANN, rename("x")), 2);
    const { reads } = rig.owner;
    assert.equal(await rig.told(ANN, add(EVE)), 3);
    assert.equal(rig.owner.reads, reads, "nothing is read of a group that is known");
    assert.deepEqual(
      rig.owner.proposals.map(({ expectedVersion }) => expectedVersion),
      [0, 1, 2],
    );
    assert.deepEqual(rig.owner.membership.members, [ANN, BOB, EVE]);
  });

  it("are judged again by what another one left, when that came first", async () => {
    const rig = await Rig.start(3);
    rig.owner.before = () => {
      const { membership } = rig.owner;
      rig.owner.membership = {
        ...membership,
        version: 2,
        members: [...membership.members, "us_x"],
      };
    };
    assert.equal(await rig.told(ANN, add(EVE)), "FULL");
    assert.equal(await rig.told(ANN, rename("y")), 3);
  });

  it("refused to one who is no member any more tell him no version", async () => {
    const rig = await Rig.start();
    const leave: Action = { $case: "leave", value: {} };
    const version = async (user: string) => {
      const told = await rig.ask(user, leave, randomUUID(), 1);
      return told.$case === "refused" && [RefuseReason[told.value.reason], told.value.version];
    };
    await rig.ask(ANN, { $case: "remove", value: { users: [BOB] } });
    assert.deepEqual(await version(BOB), ["NOT_A_MEMBER", 0]);
    for (let i = 0; i < limits.groupChangesKept; i++) await rig.ask(ANN, rename(`${i}`));
    assert.deepEqual(await version(BOB), ["STALE", 0]);
    assert.deepEqual(await version(ANN), ["STALE", limits.groupChangesKept + 2]);
    await rig.projections.stop();
  });

  it("do not wait for auth on behalf of others: while it hung, a removal behind two that add was refused for as long", async () => {
    const rig = await Rig.start();
    let answer = () => {};
    rig.answering = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const adding = [rig.told(ANN, add(EVE)), rig.told(ANN, add(EVE))];
    assert.equal(await rig.told(ANN, { $case: "remove", value: { users: [BOB] } }), 2);
    answer();
    assert.deepEqual((await Promise.all(adding)).sort(), [3, "ALREADY"]);
  });

  it("of two at the same time both get an answer, one after the other", async () => {
    const rig = await Rig.start();
    const both = await Promise.all([rig.told(ANN, rename("x")), rig.told(ANN, rename("y"))]);
    assert.deepEqual(both.sort(), [2, 3]);
  });

  it("are made once when the answer was lost, whoever asks again", async () => {
    const rig = await Rig.start();
    const id = randomUUID();
    rig.owner.lost = 1;
    await assert.rejects(rig.ask(ANN, add(EVE), id, 1));
    assert.equal(await rig.told(ANN, add(EVE), id, 1), 2);
    assert.equal(await rig.told(ANN, add(EVE), id, 1), 2, "and again, from memory");
    assert.equal(rig.owner.membership.version, 2);
    assert.equal(await rig.told(ANN, rename("z"), id, 1), "CONFLICT");
  });

  it("are answered to somebody who has left since: his leaving is what he asked for", async () => {
    const rig = await Rig.start();
    const id = randomUUID();
    rig.owner.lost = 1;
    await assert.rejects(rig.ask(BOB, { $case: "leave", value: {} }, id, 1));
    assert.equal(await rig.told(BOB, { $case: "leave", value: {} }, id, 1), 2);
    assert.equal(await rig.told(BOB, { $case: "leave", value: {} }), "NOT_A_MEMBER");
  });

  it("are stale when they may be older than what is remembered", async () => {
    const rig = await Rig.start();
    const id = randomUUID();
    assert.equal(await rig.told(ANN, rename("first"), id, 1), 2);
    for (let i = 0; i < limits.groupChangesKept; i++) await rig.told(ANN, rename(`n${i}`));
    assert.equal(await rig.told(ANN, rename("first"), id, 1), "STALE");
    assert.equal(await rig.told(ANN, rename("fresh"), id, 2), 35);
  });

  it("tell a stranger nothing, not even how much happened", async () => {
    const rig = await Rig.start();
    for (let i = 0; i < 40; i++) await rig.told(ANN, rename(`n${i}`));
    const outcome = await rig.ask(EVE, rename("mine"), randomUUID(), 0);
    const value = { reason: RefuseReason.NOT_FOUND, user: "", version: 0, users: [] };
    assert.deepEqual(outcome, { $case: "refused", value });
  });

  it("are refused by what the owner says, not by what was cached", async () => {
    const rig = await Rig.start();
    await rig.told(ANN, rename("x"));
    const { membership } = rig.owner;
    rig.owner.membership = { ...membership, version: 3, members: [ANN], former: [BOB] };
    assert.equal(await rig.told(BOB, rename("y")), "NOT_A_MEMBER");
  });

  it("name a user who does not exist, and change nothing", async () => {
    const rig = await Rig.start();
    rig.missing.add(EVE);
    const outcome = await rig.ask(ANN, add(EVE));
    assert.deepEqual(outcome.$case === "refused" && [outcome.value.reason, outcome.value.user], [
      RefuseReason.NO_SUCH_USER,
      EVE,
    ]);
    assert.equal(rig.owner.membership.version, 1);
  });

  it("name all who do not let the caller add them, and add nobody", async () => {
    const rig = await Rig.start();
    const CARL = "us_cccccccccccccccc";
    rig.closed.add(EVE);
    const outcome = await rig.ask(ANN, add(CARL, EVE));
    const value = { reason: RefuseReason.INVITE_ONLY, user: "", version: 1, users: [EVE] };
    assert.deepEqual(outcome, { $case: "refused", value });
    assert.deepEqual(rig.owner.membership.members, [ANN, BOB]);
    // Who comes by the link is not added by anybody.
    const secret = "0123456789abcdefghijklmnop";
    await rig.ask(ANN, { $case: "setLink", value: { secret, expiresUnixMs: 0 } });
    assert.equal(await rig.told(EVE, { $case: "join", value: { secret } }), 3);
  });

  it("are told as made to one who asks again, though whom he added lets nobody by now", async () => {
    const rig = await Rig.start();
    const id = randomUUID();
    rig.owner.lost = 1;
    await assert.rejects(rig.ask(ANN, add(EVE), id));
    rig.closed.add(EVE);
    assert.equal(await rig.told(ANN, add(EVE), id, 1), 2);
  });

  it("are not refused to a copy while the first one is on its way", async () => {
    const rig = await Rig.start();
    const id = randomUUID();
    let answer = () => {};
    rig.answering = new Promise((resolve) => {
      answer = resolve;
    });
    const first = rig.told(ANN, add(EVE), id);
    await new Promise(setImmediate);
    rig.closed.add(EVE);
    const copy = rig.told(ANN, add(EVE), id, 1);
    await new Promise(setImmediate);
    answer();
    assert.deepEqual(await Promise.all([first, copy]), [2, 2]);
  });

  it("are not asked about users by somebody who may not add any", async () => {
    const rig = await Rig.start();
    rig.missing.add(EVE);
    assert.equal(await rig.told(BOB, add(EVE)), "NOT_ALLOWED");
  });

  it("fail as BUSY while the owner is away", async () => {
    const rig = await Rig.start();
    rig.owner.away = true;
    await assert.rejects(rig.ask(ANN, rename("x")), /away/);
    await assert.rejects(rig.groups.read(GROUP), /away/);
  });
});

describe("lists of groups", () => {
  const names = async (rig: Rig, user: string) =>
    (await rig.store.groupsOf(user, { after: "", limit: 10, isKept: () => true })).map(
      ({ name }) => name,
    );

  it("follow the changes", async () => {
    const rig = await Rig.start();
    assert.deepEqual(await names(rig, BOB), ["club"]);
    await rig.told(ANN, rename("x"));
    await rig.told(BOB, { $case: "leave", value: {} });
    assert.deepEqual([await names(rig, ANN), await names(rig, BOB)], [["x"], []]);
    assert.deepEqual(await rig.store.expected(undefined, 10), []);
  });

  it("are made right again when the answer of the owner was lost", async () => {
    const rig = await Rig.start();
    rig.owner.lost = 1;
    await assert.rejects(rig.ask(ANN, add(EVE)));
    assert.deepEqual(await names(rig, EVE), []);
    // As after a restart: another process, the same store and owner.
    const next = new Projections(rig.projections.deps);
    next.start();
    await next.stop();
    assert.deepEqual(await names(rig, EVE), ["club"]);
    assert.deepEqual(await rig.store.expected(undefined, 10), []);
  });

  it("are right as soon as a repeated request is told that it was made", async () => {
    for (const knows of [true, false]) {
      const rig = await Rig.start();
      const id = randomUUID();
      rig.owner.lost = 1;
      await assert.rejects(rig.ask(ANN, add(EVE), id, 1));
      if (knows) await rig.groups.read(GROUP);
      assert.equal(await rig.told(ANN, add(EVE), id, 1), 2);
      assert.deepEqual(await names(rig, EVE), ["club"], `knows: ${knows}`);
      assert.deepEqual(await rig.store.expected(undefined, 10), []);
    }
  });
});
