import assert from "node:assert/strict";
import type { GroupStore, Projection } from "./store.js";

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
  return { row, in: [ANN, BOB], out: [], ...change };
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
  });
}

function listTests(at: () => StoreRig): void {
  it("lists the groups a user is in, in order and page by page", async () => {
    await at().store.project(projection(1, {}, B), "r1");
    await at().store.project(projection(3), "r2");
    const names = async (user: string, after = "", limit = 10) =>
      (await at().store.groupsOf(user, after, limit)).map(({ group }) => group);
    assert.deepEqual(await names(ANN), [A, B]);
    assert.deepEqual(await names(ANN, "", 1), [A]);
    assert.deepEqual(await names(ANN, A), [B]);
    assert.deepEqual(await names(ANN, B), []);
    assert.deepEqual(await names("us_000000000000000c"), []);
    const [row] = await at().store.groupsOf(BOB, "", 1);
    assert.deepEqual(row, projection(3).row);
  });

  it("forgets who left, and knows again who came back", async () => {
    await at().store.project(projection(1), "r1");
    await at().store.project(projection(2, { in: [], out: [BOB] }), "r2");
    assert.deepEqual(await at().store.groupsOf(BOB, "", 10), []);
    assert.equal((await at().store.groupsOf(ANN, "", 10))[0]?.version, 2);
    await at().store.project(projection(3, { in: [BOB] }), "r3");
    assert.equal((await at().store.groupsOf(BOB, "", 10))[0]?.version, 3);
  });

  it("lets the higher version stay, whatever comes later", async () => {
    await at().store.project(projection(5, { in: [ANN], out: [BOB] }), "r5");
    await at().store.project(projection(4), "r4");
    assert.deepEqual(await at().store.groupsOf(BOB, "", 10), []);
    assert.equal((await at().store.groupsOf(ANN, "", 10))[0]?.name, "v5");
  });
}

function noteTests(at: () => StoreRig): void {
  it("keeps notes of changes until they are projected, over restarts", async () => {
    await at().store.expect(A, "r1");
    await at().store.expect(A, "r2");
    await at().store.expect(B, "r1");
    await at().restart();
    assert.equal((await at().store.expected(2)).length, 2);
    await at().store.project(projection(1), "r2");
    assert.deepEqual(await at().store.expected(10), [
      { group: A, request: "r1" },
      { group: B, request: "r1" },
    ]);
    await at().store.project(projection(0, {}, B), "r1");
    assert.deepEqual(await at().store.expected(10), [{ group: A, request: "r1" }]);
    assert.equal((await at().store.groupsOf(ANN, "", 10)).length, 1, "a group that never was");
  });

  it("is durable when it is answered", async () => {
    await at().store.project(projection(1), "r1");
    await at().restart();
    assert.equal((await at().store.groupsOf(ANN, "", 10))[0]?.name, "v1");
  });

  it("finds a page behind any number of groups that were left", async () => {
    for (let i = 0; i < 1_001; i++) {
      const group = `gr_${String(i).padStart(16, "0")}`;
      await at().store.project(projection(1, { in: [], out: [ANN] }, group), "r");
    }
    await at().store.project(projection(1, {}, B), "r");
    assert.deepEqual(
      (await at().store.groupsOf(ANN, "", 1)).map(({ group }) => group),
      [B],
    );
  });
}
