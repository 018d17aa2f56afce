import { deepEqual, equal } from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { startFamily } from "./refresh-family.js";
import type { Account, AuthStore, Device, SigningKeyStore } from "./store.js";

export type Stores = AuthStore & SigningKeyStore;

export interface StoreUnderTest {
  readonly stores: Stores;
  close(): Promise<void>;
}

export interface DurableStoreUnderTest extends StoreUnderTest {
  /** Closes it and opens the same data again. */
  reopen(): Promise<Stores>;
}

export function accountNamed(name: string): Account {
  return { user: newId("us"), name, passwordHash: "$argon2id$x", createdMs: 1000 };
}

export function deviceOf(user: string): Device {
  const refresh = startFamily(9_000_000).family;
  const times = { createdMs: 1000, refreshedMs: 1000 };
  return { user, device: newId("dv"), name: "phone", ...times, refresh };
}

function withNewest(device: Device, newest: string): Device {
  return { ...device, refresh: { ...device.refresh, newest } };
}

/** What store.ts promises: every implementation must pass. */
export function describeAuthStore(title: string, open: () => Promise<StoreUnderTest>): void {
  describe(title, () => {
    let under: StoreUnderTest;
    let store: Stores;

    beforeEach(async () => {
      under = await open();
      store = under.stores;
    });
    afterEach(() => under.close());

    accounts(() => store);
    devices(() => store);
    revocations(() => store);

    it("lists keys from the oldest to the newest, and forgets one", async () => {
      const key = (kid: string, createdMs: number) => ({
        kid,
        createdMs,
        privateJwk: "{}",
        publicJwk: "{}",
      });
      await store.addKey(key("newer", 20_000_000_000_000));
      await store.addKey(key("older", 9));
      deepEqual(
        (await store.listKeys()).map(({ kid }) => kid),
        ["older", "newer"],
      );
      await store.removeKey("older");
      deepEqual(
        (await store.listKeys()).map(({ kid }) => kid),
        ["newer"],
      );
    });
  });
}

function accounts(store: () => Stores): void {
  it("finds an account by exactly its name and by its id", async () => {
    const account = accountNamed("anna");
    equal(await store().createAccount(account, deviceOf(account.user)), "created");
    deepEqual(await store().findAccount({ name: "anna" }), account);
    deepEqual(await store().findAccount({ user: account.user }), account);
    equal(await store().findAccount({ name: "ann" }), undefined);
    equal(await store().findAccount({ name: "anna2" }), undefined);
    equal(await store().findAccount({ user: newId("us") }), undefined);
  });

  it("gives a name to exactly one of many who ask at the same time", async () => {
    const wanted = Array.from({ length: 20 }, () => accountNamed("anna"));
    const outcomes = await Promise.all(
      wanted.map((account) => store().createAccount(account, deviceOf(account.user))),
    );
    equal(outcomes.filter((outcome) => outcome === "created").length, 1);
    const winner = wanted[outcomes.indexOf("created")];
    deepEqual(await store().findAccount({ name: "anna" }), winner);
  });

  it("writes nothing of an account whose name is taken", async () => {
    const [first, second] = [accountNamed("anna"), accountNamed("anna")];
    await store().createAccount(first, deviceOf(first.user));
    const device = deviceOf(second.user);
    equal(await store().createAccount(second, device), "taken");
    equal(await store().findAccount({ user: second.user }), undefined);
    deepEqual(await store().listDevices(second.user), []);
    equal(await store().findDeviceByFamily(device.refresh.family), undefined);
  });
}

function devices(store: () => Stores): void {
  it("lists a user's devices and nobody else's", async () => {
    const [anna, ben] = [accountNamed("anna"), accountNamed("ben")];
    const devices = [deviceOf(anna.user), deviceOf(anna.user)];
    await store().createAccount(anna, devices[0] as Device);
    await store().createAccount(ben, deviceOf(ben.user));
    await store().addDevice(devices[1] as Device);
    const listed = await store().listDevices(anna.user);
    deepEqual(new Set(listed), new Set(devices));
  });

  it("replaces a refresh family for exactly one of many who saw the same newest token", async () => {
    const account = accountNamed("anna");
    const device = deviceOf(account.user);
    await store().createAccount(account, device);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        store().replaceRefresh(withNewest(device, `h${n}`), device.refresh.newest),
      ),
    );
    equal(outcomes.filter(Boolean).length, 1);
    const stored = await store().findDeviceByFamily(device.refresh.family);
    equal(stored?.refresh.newest, `h${outcomes.indexOf(true)}`);
  });

  it("removes a device with its family, once, and for its user only", async () => {
    const account = accountNamed("anna");
    const device = deviceOf(account.user);
    await store().createAccount(account, device);
    const at = { device: device.device, atMs: 5000 };
    equal(await store().removeDevice({ user: newId("us"), ...at }), false);
    const removals = await Promise.all(
      [1, 2, 3].map(() => store().removeDevice({ user: account.user, ...at })),
    );
    equal(removals.filter(Boolean).length, 1);
    deepEqual(await store().listDevices(account.user), []);
    equal(await store().findDeviceByFamily(device.refresh.family), undefined);
    equal(await store().replaceRefresh(withNewest(device, "h"), device.refresh.newest), false);
    deepEqual(await store().listRevocations(0), [{ user: account.user, ...at }]);
  });
}

function revocations(store: () => Stores): void {
  it("forgets revocations before the time asked for", async () => {
    const account = accountNamed("anna");
    const [early, late] = [deviceOf(account.user), deviceOf(account.user)];
    await store().createAccount(account, early);
    await store().addDevice(late);
    await store().removeDevice({ user: account.user, device: early.device, atMs: 999 });
    await store().removeDevice({ user: account.user, device: late.device, atMs: 1000 });
    const listed = await store().listRevocations(1000);
    deepEqual(
      listed.map(({ device }) => device),
      [late.device],
    );
    equal((await store().listRevocations(0)).length, 1);
  });
}

/** What a store on disk must pass besides. */
export function describeDurability(
  title: string,
  open: () => Promise<DurableStoreUnderTest>,
): void {
  it(`${title} keeps everything when it is opened again`, async () => {
    const under = await open();
    const store = under.stores;
    const account = accountNamed("anna");
    const [first, gone] = [deviceOf(account.user), deviceOf(account.user)];
    await store.createAccount(account, first);
    await store.addDevice(gone);
    await store.removeDevice({ user: account.user, device: gone.device, atMs: 5000 });
    await store.addKey({ kid: "k1", createdMs: 1, privateJwk: "{}", publicJwk: "{}" });
    const again = await under.reopen();
    deepEqual(await again.findAccount({ name: "anna" }), account);
    deepEqual(await again.findDeviceByFamily(first.refresh.family), first);
    equal(await again.findDeviceByFamily(gone.refresh.family), undefined);
    equal((await again.listRevocations(0)).length, 1);
    deepEqual((await again.listKeys())[0]?.kid, "k1");
    await under.close();
  });
}
