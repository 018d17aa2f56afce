import type { KeyValueStore } from "../lib/store/kv.js";
import { createTurns, type Turns } from "../lib/turns.js";
import { decode, encode, read, readAll } from "./rows.js";
import type {
  Account,
  AuthStore,
  Device,
  Revocation,
  SigningKeyStore,
  StoredKey,
} from "./store.js";

/** Layout of all rows of auth; another one is another number. */
export const LEVEL_FORMAT = 2;

/**
 * Every key of the store; values are JSON.
 *   account/<user>            account
 *   name/<name>               user
 *   device/<user>/<device>    device with its refresh family
 *   family/<hash>             user and device
 *   revoked/<time>/<device>   revocation; the time has 15 digits, so that byte order is order in time
 *   key/<time>/<kid>          signing key
 */
const keyOf = {
  account: (user: string) => Buffer.from(`account/${user}`),
  name: (name: string) => Buffer.from(`name/${name}`),
  device: (user: string, device: string) => Buffer.from(`device/${user}/${device}`),
  family: (hash: string) => Buffer.from(`family/${hash}`),
  revoked: (atMs: number, device: string) => Buffer.from(`revoked/${digits(atMs)}/${device}`),
  signing: (createdMs: number, kid: string) => Buffer.from(`key/${digits(createdMs)}/${kid}`),
};

/**
 * The stores on an ordered key-value store that this process alone has open: conditions are checked and written in turn per
 * name and per device.
 */
export function createLevelStore(kv: KeyValueStore): AuthStore & SigningKeyStore {
  const turns = createTurns();
  return {
    ...accountMethods(kv, turns),
    ...deviceMethods(kv, turns),
    ...revocationMethods(kv, turns),
    ...keyMethods(kv),
  };
}

function accountMethods(kv: KeyValueStore, turns: Turns) {
  return {
    createAccount(account: Account, device: Device): Promise<"created" | "taken"> {
      return turns.run(`name/${account.name}`, async () => {
        if ((await kv.get(keyOf.name(account.name))) !== undefined) return "taken";
        await kv.write((batch) => {
          batch.put(keyOf.name(account.name), encode(account.user));
          batch.put(keyOf.account(account.user), encode(account));
          batch.put(keyOf.device(device.user, device.device), encode(device));
          batch.put(keyOf.family(device.refresh.family), encode([device.user, device.device]));
        });
        return "created";
      });
    },

    async findAccount(by: { name: string } | { user: string }): Promise<Account | undefined> {
      const user = "user" in by ? by.user : await read<string>(kv, keyOf.name(by.name));
      return user === undefined ? undefined : read<Account>(kv, keyOf.account(user));
    },
  };
}

function deviceMethods(kv: KeyValueStore, turns: Turns) {
  return {
    addDevice(device: Device): Promise<void> {
      return kv.write((batch) => {
        batch.put(keyOf.device(device.user, device.device), encode(device));
        batch.put(keyOf.family(device.refresh.family), encode([device.user, device.device]));
      });
    },

    listDevices(user: string): Promise<Device[]> {
      return readAll<Device>(kv, `device/${user}/`);
    },

    async findDeviceByFamily(familyHash: string): Promise<Device | undefined> {
      const owner = await read<[string, string]>(kv, keyOf.family(familyHash));
      return owner === undefined ? undefined : read<Device>(kv, keyOf.device(...owner));
    },

    replaceRefresh(device: Device, newest: string): Promise<boolean> {
      const key = keyOf.device(device.user, device.device);
      return turns.run(`device/${device.device}`, async () => {
        const stored = await read<Device>(kv, key);
        if (stored?.refresh.newest !== newest) return false;
        await kv.write((batch) => batch.put(key, encode(device)));
        return true;
      });
    },
  };
}

function revocationMethods(kv: KeyValueStore, turns: Turns) {
  return {
    removeDevice(revocation: Revocation): Promise<boolean> {
      const { user, device, atMs } = revocation;
      const key = keyOf.device(user, device);
      return turns.run(`device/${device}`, async () => {
        const stored = await read<Device>(kv, key);
        if (stored === undefined) return false;
        await kv.write((batch) => {
          batch.del(key);
          batch.del(keyOf.family(stored.refresh.family));
          batch.put(keyOf.revoked(atMs, device), encode(revocation));
        });
        return true;
      });
    },

    async listRevocations(sinceMs: number): Promise<Revocation[]> {
      const since = Buffer.from(`revoked/${digits(sinceMs)}`);
      const old = await kv.range({ gte: Buffer.from("revoked/"), lt: since });
      if (old.length > 0) {
        await kv.write((batch) => {
          for (const [key] of old) batch.del(key);
        });
      }
      const rows = await kv.range({ gte: since, lt: Buffer.from("revoked0") });
      return rows.map(([, value]) => decode<Revocation>(value));
    },
  };
}

function keyMethods(kv: KeyValueStore): SigningKeyStore {
  return {
    listKeys: () => readAll<StoredKey>(kv, "key/"),

    addKey(key) {
      const row = keyOf.signing(key.createdMs, key.kid);
      return kv.write((batch) => batch.put(row, encode(key)));
    },

    async removeKey(kid) {
      for (const key of await readAll<StoredKey>(kv, "key/")) {
        if (key.kid !== kid) continue;
        await kv.write((batch) => batch.del(keyOf.signing(key.createdMs, kid)));
      }
    },
  };
}

function digits(ms: number): string {
  return String(Math.max(0, Math.trunc(ms))).padStart(15, "0");
}
