import assert from "node:assert/strict";
import type { GroupRow, GroupStore, Projection } from "./store.js";

/** An implementation under test. */
export interface StoreRig {
  store: GroupStore;
  /** Closes the store and opens it on the same data. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

const A = "gr_aaaaaaaaaaaaaaaa";
const B = "gr_bbbbbbbbbbbbbbbb";
const ANN = "us_000000000000000a";
const BOB = "us_000000000000000b";

function projection(version: number, change: Partial<Projection> = {}, group = A): Projection {
  const row = { group, version, name: `v${version}`, members: 2, owner: ANN, admins: [] };
  return { row, whole: false, in: [ANN, BOB], out: [], ...change };
}

function groupsOf(store: GroupStore, user: string, after = "", limit = 10): Promise<GroupRow[]> {
  return store.groupsOf(user, { after, limit, isKept: () => true });
}

/** What every store must pass. */
export function groupStoreSuite(name: string, open: () => Promise<StoreRig>): void {
  describe(`group store: ${name}`, () => {
    let rig: StoreRig;
    beforeEach(async () => {
      rig = await open();
    });
    afterEach(() => rig.dispose());

    listTests(() => rig);
    noteTests(() => rig);
    placeTests(() => rig);
  });
}

function listTests(at: () => StoreRig): void {
  it("lists the groups a user is in, in order and page by page", async () => {
    await at().store.project(projection(1, {}, B), "r1");
    await at().store.project(projection(3), "r2");
    const names = async (user: string, after = "", limit = 10) =>
      (await groupsOf(at().store, user, after, limit)).map(({ group }) => group);
    assert.deepEqual(await names(ANN), [A, B]);
    assert.deepEqual(await names(ANN, "", 1), [A]);
    assert.deepEqual(await names(ANN, A), [B]);
    assert.deepEqual(await names(ANN, B), []);
    assert.deepEqual(await names("us_000000000000000c"), []);
    const [row] = await groupsOf(at().store, BOB, "", 1);
    assert.deepEqual(row, projection(3).row);
  });

  it("forgets who left, and knows again who came back", async () => {
    await at().store.project(projection(1), "r1");
    await at().store.project(projection(2, { in: [], out: [BOB] }), "r2");
    assert.deepEqual(await groupsOf(at().store, BOB), []);
    assert.equal((await groupsOf(at().store, ANN))[0]?.version, 2);
    await at().store.project(projection(3, { in: [BOB] }), "r3");
    assert.equal((await groupsOf(at().store, BOB))[0]?.version, 3);
  });

  it("lets the higher version stay, whatever comes later", async () => {
    await at().store.project(projection(5, { in: [ANN], out: [BOB] }), "r5");
    await at().store.project(projection(4), "r4");
    assert.deepEqual(await groupsOf(at().store, BOB), []);
    assert.equal((await groupsOf(at().store, ANN))[0]?.name, "v5");
  });
}

/** As when groups go from one instance to another. */
function placeTests(at: () => StoreRig): void {
  it("lists only groups that are kept here, whatever has rows", async () => {
    await at().store.project(projection(1), "r1");
    await at().store.project(projection(1, {}, B), "r1");
    const page = { after: "", limit: 1, isKept: (group: string) => group === B };
    assert.deepEqual(
      (await at().store.groupsOf(ANN, page)).map(({ group }) => group),
      [B],
    );
  });

  it("holds rows of users from before a whole projection void", async () => {
    await at().store.project(projection(1), "r1");
    await at().store.project(projection(7, { whole: true, in: [ANN], out: [] }), "r7");
    assert.deepEqual(await groupsOf(at().store, BOB), []);
    await at().store.project(projection(8, { in: [], out: [] }), "r8");
    assert.deepEqual(await groupsOf(at().store, BOB), [], "and stays so");
    assert.equal((await groupsOf(at().store, ANN))[0]?.version, 8);
    await at().store.project(projection(9, { in: [BOB], out: [] }), "r9");
    const [row] = await groupsOf(at().store, BOB);
    assert.deepEqual(row, projection(9).row);
  });

  it("knows the version of a group, and forgets it when it is told to", async () => {
    assert.equal(await at().store.versionOf(A), 0);
    await at().store.project(projection(4), "r4");
    await at().store.expect(A, "ring");
    assert.equal(await at().store.versionOf(A), 4);
    await at().store.forget(A, "ring");
    assert.equal(await at().store.versionOf(A), 0);
    assert.deepEqual(await groupsOf(at().store, ANN), []);
    assert.deepEqual(await at().store.expected(undefined, 10), []);
  });

  it("notes every group when the ring is another one, over restarts", async () => {
    assert.equal(await at().store.place("a"), false, "nothing is to be moved");
    for (const group of [A, B]) await at().store.project(projection(1, {}, group), "r");
    await at().restart();
    assert.equal(await at().store.place("a"), false);
    assert.deepEqual(await at().store.expected(undefined, 10), []);
    assert.equal(await at().store.place("a,b"), true);
    await at().restart();
    const [first] = await at().store.expected(undefined, 1);
    assert.deepEqual(first, { group: A, request: "ring" });
    assert.deepEqual(await at().store.expected(first, 10), [{ group: B, request: "ring" }]);
  });
}

function noteTests(at: () => StoreRig): void {
  it("keeps notes of changes until they are projected, over restarts", async () => {
    await at().store.expect(A, "r1");
    await at().store.expect(A, "r2");
    await at().store.expect(B, "r1");
    await at().restart();
    assert.equal((await at().store.expected(undefined, 2)).length, 2);
    await at().store.project(projection(1), "r2");
    assert.deepEqual(await at().store.expected(undefined, 10), [
      { group: A, request: "r1" },
      { group: B, request: "r1" },
    ]);
    await at().store.project(projection(0, {}, B), "r1");
    assert.deepEqual(await at().store.expected(undefined, 10), [{ group: A, request: "r1" }]);
    assert.equal((await groupsOf(at().store, ANN)).length, 1, "a group that never was");
  });

  it("is durable when it is answered", async () => {
    await at().store.project(projection(1), "r1");
    await at().restart();
    assert.equal((await groupsOf(at().store, ANN))[0]?.name, "v1");
  });

  it("finds a page behind any number of groups that were left", async () => {
    for (let i = 0; i < 1_001; i++) {
      const group = `gr_${String(i).padStart(16, "0")}`;
      await at().store.project(projection(1, { in: [], out: [ANN] }, group), "r");
    }
    await at().store.project(projection(1, {}, B), "r");
    assert.deepEqual(
      (await groupsOf(at().store, ANN, "", 1)).map(({ group }) => group),
      [B],
    );
  });
}
