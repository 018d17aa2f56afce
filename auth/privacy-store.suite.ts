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
  const peers = (...users: string[]) => users.map((user) => ({ user, atMs: 5 }));
  const unsaid = { lastSeen: "everyone", online: "everyone", contacts: [], blocked: [] } as const;

  it("lists who hides his presence, as long as he does, page by page", async () => {
    const store = of();
    const counts = { blocks: 1, contacts: 0 };
    const add = { list: "blocks", peers: peers(cleo) } as const;
    await store.replacePrivacy({ ...saidOf(anna, 1), counts }, 0, { add });
    const settings = { ...nothingSaid(ben).settings, online: "nobody" } as const;
    await store.replacePrivacy({ ...saidOf(ben, 1), settings }, 0, {});
    await store.replacePrivacy(saidOf(cleo, 1), 0, {});
    const annas = { user: anna, version: 1, ...unsaid, blocked: [cleo] };
    const bens = { user: ben, version: 1, ...unsaid, online: "nobody" };
    deepEqual(await store.listHiding("", 9_999), [annas, bens]);
    deepEqual(await store.listHiding("", 1), [annas]);
    deepEqual(await store.listHiding(anna, 9_999), [bens]);
    deepEqual(await store.listHiding(ben, 9_999), []);
    deepEqual(await store.findHiding(anna), annas);
    const remove = { list: "blocks", peers: [cleo] } as const;
    await store.replacePrivacy(saidOf(anna, 2), 1, { remove });
    deepEqual(await store.listHiding("", 9_999), [bens]);
    equal(await store.findHiding(anna), undefined);
  });

  it("knows whom a setting means, and forgets it when none means them", async () => {
    const store = of();
    const said = (version: number, lastSeen: "contacts" | "nobody") => {
      const settings = { ...nothingSaid(anna).settings, lastSeen };
      return { ...saidOf(anna, version), settings };
    };
    const contacts = async () => (await store.findHiding(anna))?.contacts;
    const list = "contacts" as const;
    await store.replacePrivacy(saidOf(anna, 1), 0, { add: { list, peers: peers(cleo) } });
    await store.replacePrivacy(said(2, "contacts"), 1, {});
    deepEqual(await contacts(), [cleo]);
    await store.replacePrivacy(said(3, "contacts"), 2, { add: { list, peers: peers(ben) } });
    deepEqual(await contacts(), [ben, cleo]);
    await store.replacePrivacy(said(4, "contacts"), 3, { remove: { list, peers: [cleo] } });
    deepEqual(await contacts(), [ben]);
    await store.replacePrivacy(said(5, "nobody"), 4, {});
    deepEqual(await contacts(), []);
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
