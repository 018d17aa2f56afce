import { deepEqual, equal } from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { nothingSaid, type Privacy, type PrivacyStore, READS } from "./privacy-store.js";

export interface PrivacyStoreUnderTest {
  readonly store: PrivacyStore;
  /** Closes it and opens the same data again, where it is on disk. */
  reopen(): Promise<PrivacyStore>;
  close(): Promise<void>;
}

function saidOf(user: string, version: number): Privacy {
  return { ...nothingSaid(user), version, requests: [{ id: `r${version}`, print: 1 }] };
}

/** What privacy-store.ts promises: every implementation must pass. */
export function describePrivacyStore(
  title: string,
  open: () => Promise<PrivacyStoreUnderTest>,
): void {
  describe(title, () => {
    let under: PrivacyStoreUnderTest;
    let store: PrivacyStore;
    const [anna, ben, cleo] = [newId("us"), newId("us"), newId("us")].sort() as [
      string,
      string,
      string,
    ];

    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(() => under.close());

    it("knows nothing of one who said nothing", async () => {
      deepEqual(await store.findPrivacy(anna), nothingSaid(anna));
      deepEqual(await store.listPeers("blocks", anna), []);
      equal(await store.findOrder(anna, ben), undefined);
    });

    it("replaces a version by exactly one of many who saw it", async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => store.replacePrivacy(saidOf(anna, n + 1), 0, {})),
      );
      equal(answers.filter(Boolean).length, 1);
      const version = answers.indexOf(true) + 1;
      deepEqual(await store.findPrivacy(anna), saidOf(anna, version));
      equal(await store.replacePrivacy(saidOf(anna, 99), version + 1, {}), false);
    });

    it("adds and removes users of a list with it, or not at all", async () => {
      const add = (peers: string[]) => ({
        list: "blocks" as const,
        peers: peers.map((user) => ({ user, atMs: 5 })),
      });
      await store.replacePrivacy(saidOf(anna, 1), 0, { add: add([cleo, ben]) });
      await store.replacePrivacy(saidOf(ben, 1), 0, { add: add([anna]) });
      equal(await store.replacePrivacy(saidOf(anna, 2), 7, { add: add([anna]) }), false);
      const users = async () => (await store.listPeers("blocks", anna)).map(({ user }) => user);
      deepEqual(await users(), [ben, cleo]);
      deepEqual(await store.findPeer("blocks", anna, cleo), { user: cleo, atMs: 5 });
      const remove = { list: "blocks" as const, peers: [ben] };
      await store.replacePrivacy(saidOf(anna, 2), 1, { remove });
      deepEqual(await users(), [cleo]);
      equal(await store.findPeer("blocks", anna, ben), undefined);
    });

    hiding(() => store, [anna, ben, cleo]);
    orders(() => under, [anna, ben]);
  });
}

function hiding(
  of: () => PrivacyStore,
  [anna, ben, cleo]: readonly [string, string, string],
): void {
  it("lists who hides his presence, as long as he does, page by page", async () => {
    const store = of();
    const counts = { blocks: 1, contacts: 0 };
    const { settings } = nothingSaid(anna);
    await store.replacePrivacy({ ...saidOf(anna, 1), counts }, 0, {});
    const nobody = { ...settings, online: "nobody" } as const;
    await store.replacePrivacy({ ...saidOf(ben, 1), settings: nobody }, 0, {});
    await store.replacePrivacy(saidOf(cleo, 1), 0, {});
    deepEqual(await store.listHiding("", 9), [anna, ben]);
    deepEqual(await store.listHiding("", 1), [anna]);
    deepEqual(await store.listHiding(anna, 9), [ben]);
    await store.replacePrivacy(saidOf(anna, 2), 1, {});
    deepEqual(await store.listHiding("", 9), [ben]);
  });
}

function orders(of: () => PrivacyStoreUnderTest, [anna, ben]: readonly [string, string]): void {
  it("forgets an order when its own version is confirmed, and no other", async () => {
    const { store } = of();
    const order = { user: anna, subject: ben, on: true, version: 1 };
    await store.replacePrivacy(saidOf(anna, 1), 0, { order });
    const later = { ...order, on: false, version: 2 };
    await store.replacePrivacy(saidOf(anna, 2), 1, { order: later });
    await store.confirmOrder(order, 3);
    deepEqual(await store.listOrders(undefined, 9), [later]);
    equal(await store.findPlace(anna, ben), undefined);
    await store.confirmOrder(later, 7);
    equal(await store.findOrder(anna, ben), undefined);
    equal(await store.findPlace(anna, ben), 7);
  });

  it("lists orders behind one, whether or not that is an order still", async () => {
    const { store } = of();
    const orders = [
      { user: anna, subject: READS, on: true, version: 1 },
      { user: anna, subject: ben, on: true, version: 2 },
      { user: ben, subject: anna, on: true, version: 1 },
    ] as const;
    for (const order of orders) {
      const { user, version } = order;
      await store.replacePrivacy(saidOf(user, version), version - 1, { order });
    }
    deepEqual(await store.listOrders(undefined, 2), orders.slice(0, 2));
    deepEqual(await store.listOrders(orders[1], 2), orders.slice(2));
    deepEqual(await store.listOrders(orders[2], 2), []);
    await store.confirmOrder(orders[0], 0);
    deepEqual(await store.listOrders(orders[0], 9), orders.slice(1));
  });

  it("keeps everything when it is opened again", async () => {
    const { store, reopen } = of();
    const order = { user: anna, subject: ben, on: true, version: 1 };
    const add = { list: "blocks" as const, peers: [{ user: ben, atMs: 5 }] };
    await store.replacePrivacy(saidOf(anna, 1), 0, { order, add });
    const again = await reopen();
    deepEqual(await again.findPrivacy(anna), saidOf(anna, 1));
    deepEqual(await again.listPeers("blocks", anna), add.peers);
    deepEqual(await again.listOrders(undefined, 1), [order]);
  });
}
