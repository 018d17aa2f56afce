import assert from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { FakeClock } from "../lib/fake-clock.js";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { Orders, type Owners } from "./orders.js";
import { nothingSaid, type PrivacyStore } from "./privacy-store.js";
import { createPrivacyStore } from "./privacy-store-level.js";
import { FakeOwner } from "./testing/fake-owner.js";

describe("orders of a store that was set back to an earlier state", () => {
  it("are raised above what the owner knows, as what the user wants by then", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    const store = createPrivacyStore(kv);
    const [user, peer] = [newId("us"), newId("us")];
    const want = (on: boolean, version: number) => {
      const order = { user, subject: peer, on, version };
      return store.replacePrivacy({ ...nothingSaid(user), version }, version - 1, { order });
    };
    const owner = new FakeOwner();
    owner.inForce = 100;
    const { setBlock } = owner;
    // While the owner is told of the block, the user ends it.
    owner.setBlock = async (request) => {
      if (request.version === 1) await want(false, 2);
      return setBlock.call(owner, request);
    };
    const orders = new Orders({ store, owners: owner, clock: systemClock, log: silentLogger });
    await want(true, 1);
    await assert.rejects(orders.settle(user, peer));
    await orders.settle(user, peer);
    assert.equal(owner.told.at(-1)?.blocked, false);
    assert.ok((owner.told.at(-1)?.version ?? 0) > 100);
    assert.equal(await store.findOrder(user, peer), undefined);
    orders.stop();
    await kv.close();
  });
});

describe("orders that cannot be brought", () => {
  /** More than are tried in one sweep. */
  const DEAD = 600;
  const dead = Array.from({ length: DEAD }, () => `us_0${newId("us").slice(4)}`).sort();
  const live = `us_z${newId("us").slice(4)}`;
  const peer = newId("us");
  let clock: FakeClock;
  let store: PrivacyStore;
  let close: () => Promise<void>;

  const want = (user: string) => {
    const order = { user, subject: peer, on: true, version: 1 };
    return store.replacePrivacy({ ...nothingSaid(user), version: 1 }, 0, { order });
  };
  /** Sweeps go on, with this as the answer of those who own the others' conversations. */
  const sweep = (answer: Owners["setBlock"]) => {
    const asked = new Map<string, number>();
    const owners: Owners = {
      setBlock(request) {
        asked.set(request.user, (asked.get(request.user) ?? 0) + 1);
        if (request.user !== live) return answer(request);
        return Promise.resolve({ version: request.version, seq: 0 });
      },
      setReadReceipts: async ({ version }) => ({ version }),
    };
    const orders = new Orders({ store, owners, clock, log: silentLogger });
    return { asked, orders };
  };
  const isKept = async (user: string) => (await store.findOrder(user, peer)) !== undefined;
  /** Lets time pass until it is so; a sweep that goes on is not begun again. */
  const until = async (isSo: () => boolean | Promise<boolean>, stepMs = 5_000) => {
    while (!(await isSo())) {
      clock.advance(stepMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  beforeEach(async () => {
    clock = new FakeClock();
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    store = createPrivacyStore(kv);
    close = () => kv.close();
    await Promise.all([...dead, live].map(want));
  });
  afterEach(() => close());

  it("do not starve those that sort behind them, and are tried again", async () => {
    const { asked, orders } = sweep(() => Promise.reject(new Error("away")));
    await until(async () => !(await isKept(live)));
    assert.equal(asked.get(live), 1);
    await until(() => dead.every((user) => (asked.get(user) ?? 0) > 1));
    orders.stop();
  });

  it("do not hold up those beside them while somebody does not answer", async () => {
    const near = dead[20] as string;
    const waiting: (() => void)[] = [];
    const { asked, orders } = sweep(({ user, version }) => {
      if (user === near) return Promise.resolve({ version, seq: 0 });
      return new Promise((_, reject) => waiting.push(() => reject(new Error("late"))));
    });
    await until(async () => !(await isKept(near)) && waiting.length === 64);
    assert.ok([...asked.values()].every((count) => count === 1));
    orders.stop();
    for (const late of waiting) late();
  });

  it("come into force in one sweep when their owner is back", async () => {
    const { orders } = sweep(async ({ version }) => ({ version, seq: 0 }));
    clock.advance(5_000);
    await until(async () => (await store.listOrders(undefined, 1)).length === 0, 0);
    orders.stop();
  });

  it("and those that were written although the write failed, are found while nothing else is left", async () => {
    const { asked, orders } = sweep(async ({ version }) => ({ version, seq: 0 }));
    await until(async () => (await store.listOrders(undefined, 1)).length === 0);
    const unsure = newId("us");
    await want(unsure);
    await until(async () => !(await isKept(unsure)));
    assert.equal(asked.get(unsure), 1);
    orders.stop();
  });
});
