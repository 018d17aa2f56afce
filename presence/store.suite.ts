import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { DAY_S, Points } from "./points.js";
import type { PresenceStore } from "./store.js";

const ann = newId("us");
const bob = newId("us");
/** A day's beginning. */
const DAY = 20_000;
const MORNING = DAY * DAY_S;

/** What every implementation of the port must do. `open` gives an empty store. */
export function presenceStoreSuite(name: string, open: () => Promise<PresenceStore>): void {
  describe(`presence store (${name})`, () => {
    let store: PresenceStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const all = (user: string) => store.list(user, { from: 0, to: 2 ** 32 - 1, limit: 1000 });

    it("knows nothing of a user nobody saw", async () => {
      assert.equal(await store.lastSeen(ann), 0);
      assert.deepEqual(await all(ann), []);
      assert.equal(await store.oldestDay(), undefined);
    });

    it("gives the newest second of each user, whatever order they came in", async () => {
      await store.add(new Points().addOf(ann, MORNING + 5).addOf(bob, MORNING + 9));
      await store.add(new Points().addOf(ann, MORNING - 5).addOf(ann, MORNING + 2));
      assert.equal(await store.lastSeen(ann), MORNING + 5);
      assert.equal(await store.lastSeen(bob), MORNING + 9);
    });

    it("lists seconds in order, over days, from one through another and without that", async () => {
      const seconds = [MORNING - 1, MORNING, MORNING + 1, MORNING + DAY_S - 1, MORNING + DAY_S];
      const points = new Points();
      for (const second of [...seconds].reverse()) points.addOf(ann, second);
      await store.add(points.addOf(bob, MORNING + 7));
      assert.deepEqual(await all(ann), seconds);
      const span = { from: MORNING, to: MORNING + DAY_S, limit: 10 };
      assert.deepEqual(await store.list(ann, span), seconds.slice(1, 4));
      assert.deepEqual(await store.list(ann, { ...span, limit: 2 }), seconds.slice(1, 3));
      assert.deepEqual(await store.list(ann, { ...span, from: MORNING + 2, to: MORNING + 3 }), []);
    });

    it("keeps a point that is added twice once", async () => {
      for (let i = 0; i < 2; i++) await store.add(new Points().addOf(ann, MORNING));
      assert.deepEqual(await all(ann), [MORNING]);
    });

    it("removes whole days that are too old, step by step, and nothing else", async () => {
      const points = new Points();
      for (let day = -3; day <= 0; day++) {
        for (let i = 0; i < 5; i++) points.addOf(ann, MORNING + day * DAY_S + i);
      }
      await store.add(points.addOf(bob, MORNING - 1));
      assert.equal(await store.oldestDay(), DAY - 3);
      let steps = 0;
      while (await store.expire(DAY - 1, 4)) steps++;
      assert.ok(steps >= 3);
      assert.equal(await store.oldestDay(), DAY - 1);
      const kept = await all(ann);
      assert.equal(kept[0], MORNING - DAY_S);
      assert.equal(kept.length, 10);
      while (await store.expire(DAY + 1, 4));
      assert.equal(await store.lastSeen(ann), 0);
      assert.equal(await store.lastSeen(bob), 0);
    });
  });
}
