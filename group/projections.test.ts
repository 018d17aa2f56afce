import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { systemClock } from "../lib/clock.js";
import { FakeClock } from "../lib/fake-clock.js";
import { silentLogger } from "../lib/log.js";
import { until } from "../lib/store/faults.js";
import { openLevel } from "../lib/store/level.js";
import { type Group, groupOf } from "./group.js";
import type { Peer } from "./peers.js";
import { Projections } from "./projections.js";
import type { GroupStore } from "./store.js";
import { createLevelStore } from "./store-level.js";

const ANN = `us_${"a".repeat(16)}`;
const BOB = `us_${"b".repeat(16)}`;
const [BAD, GOOD] = ["gr_aaaaaaaaaaaaaaaa", "gr_bbbbbbbbbbbbbbbb"] as const;
const NONE = { kind: undefined, add: [], remove: [] };

/** Projections of one instance, whose groups are what `membersOf` says and go where `keeperOf` says. */
class Rig {
  readonly clock = new FakeClock();
  readonly projections: Projections;
  ring = "group-1";
  keeperOf = (_group: string): Peer | undefined => undefined;
  membersOf = (_group: string) => ({ version: 1, members: [ANN], former: [] as string[] });

  constructor(readonly store: GroupStore) {
    const rig = this;
    const peers = {
      keeperOf: (group: string) => rig.keeperOf(group),
      get ring() {
        return rig.ring;
      },
    };
    const read = async (group: string) => this.read(group);
    const { clock } = this;
    this.projections = new Projections({ store, peers, read, clock, log: silentLogger });
  }

  static async start(): Promise<Rig> {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    return new Rig(createLevelStore(kv));
  }

  read(group: string): Group {
    return groupOf(group, { ...this.membersOf(group), state: Buffer.alloc(0), changes: [] });
  }

  async listed(user: string): Promise<string[]> {
    const page = { after: "", limit: 10, isKept: () => true };
    return (await this.store.groupsOf(user, page)).map(({ group }) => group);
  }

  async stop(): Promise<void> {
    await this.projections.stop();
    await this.store.close();
  }

  #rounds = 0;

  /** The next round, and the end of it. */
  async round(): Promise<void> {
    if (this.#rounds++ === 0) this.projections.start();
    else this.clock.advance(30_000);
    await until(() => this.clock.pending > 0);
  }
}

describe("the repair of the lists of groups", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(() => rig.stop());

  it("goes on behind groups that cannot be read, however many", async () => {
    rig.membersOf = (group) => {
      if (group !== GOOD) throw new Error("its conversation cannot be loaded");
      return { version: 1, members: [ANN], former: [] };
    };
    for (let i = 0; i < 40; i++) await rig.store.expect(BAD, randomUUID());
    await rig.store.expect(GOOD, randomUUID());
    await rig.round();
    assert.deepEqual(await rig.listed(ANN), [GOOD]);
    assert.equal((await rig.store.expected(undefined, 100)).length, 40);
  });

  it("makes rows anew of a group that was changed elsewhere meanwhile", async () => {
    const state = Buffer.alloc(0);
    const at = (version: number, members: string[]) =>
      groupOf(GOOD, { version, members, former: [], state, changes: [] });
    const both = { ...NONE, add: [ANN, BOB] } as never;
    await rig.projections.changed(at(1, [ANN, BOB]), both, "r1");
    assert.deepEqual(await rig.listed(BOB), [GOOD]);
    await rig.projections.changed(at(2, [ANN, BOB]), NONE as never, "r2");
    assert.deepEqual(await rig.listed(BOB), [GOOD], "the next version changes what it says");
    await rig.projections.changed(at(5, [ANN]), NONE as never, "r5");
    assert.deepEqual(await rig.listed(BOB), [], "one behind a gap is told of all");
    assert.deepEqual(await rig.listed(ANN), [GOOD]);
  });
});

describe("a new ring", () => {
  const adopted: string[] = [];
  let refuses = false;
  const peer: Peer = {
    name: "group-2",
    lists: {
      listKept: async () => ({ groups: [] }),
      async adoptGroup({ instance, group }) {
        if (refuses) throw new Error("it is not there");
        adopted.push(`${instance} ${group}`);
        return {};
      },
    },
  };
  let rig: Rig;
  beforeEach(async () => {
    adopted.length = 0;
    refuses = false;
    rig = await Rig.start();
    await rig.projections.place();
    await rig.round();
    for (const group of [BAD, GOOD]) await rig.projections.adopt(group);
    rig.ring = "group-1,group-2";
    rig.keeperOf = (group) => (group === GOOD ? peer : undefined);
  });
  afterEach(() => rig.stop());

  it("hands the groups over that others have by it, and reads those it keeps again", async () => {
    rig.membersOf = () => ({ version: 9, members: [BOB], former: [] });
    await rig.projections.place();
    assert.equal(rig.projections.moving, true);
    await rig.round();
    assert.equal(rig.projections.moving, false);
    assert.deepEqual(adopted, [`group-2 ${GOOD}`]);
    assert.deepEqual([await rig.listed(ANN), await rig.listed(BOB)], [[], [BAD]]);
    assert.deepEqual(await rig.store.expected(undefined, 10), []);
  });

  it("keeps what it cannot hand over, and tells no lists meanwhile, for a time", async () => {
    refuses = true;
    await rig.projections.place();
    await rig.round();
    assert.equal(rig.projections.moving, true);
    assert.deepEqual(await rig.store.expected(undefined, 10), [{ group: GOOD, request: "ring" }]);
    for (let rounds = 1; rounds < 12; rounds++) await rig.round();
    assert.equal(rig.projections.moving, false);
    refuses = false;
    await rig.round();
    assert.deepEqual(adopted, [`group-2 ${GOOD}`]);
  });

  it("lets a change of a group that it has elsewhere be written there", async () => {
    await rig.projections.expect(GOOD, "r2");
    await rig.projections.changed(rig.read(GOOD), NONE as never, "r2");
    assert.deepEqual(adopted, [`group-2 ${GOOD}`]);
    assert.deepEqual(await rig.store.expected(undefined, 10), []);
    assert.equal(await rig.store.versionOf(GOOD), 0);
  });

  it("is the same ring after a restart", async () => {
    await rig.projections.place();
    await rig.round();
    adopted.length = 0;
    await rig.projections.place();
    assert.equal(rig.projections.moving, false);
    await rig.round();
    assert.deepEqual(adopted, []);
  });
});
