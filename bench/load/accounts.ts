import { createPasswords } from "../../auth/passwords.js";
import { openSigningKeys } from "../../auth/signing-keys.js";
import { createLevelStore, LEVEL_FORMAT } from "../../auth/store-level.js";
import { createTokenIssuer } from "../../auth/tokens.js";
import { systemClock } from "../../lib/clock.js";
import { newId } from "../../lib/ids.js";
import { silentLogger } from "../../lib/log.js";
import { requireFormat } from "../../lib/store/format.js";
import { openLevel } from "../../lib/store/level.js";

/** One user with one device, as registering gives them. */
export interface LoadAccount {
  readonly user: string;
  readonly device: string;
  readonly accessToken: string;
}

/** Longer than any bench: nobody refreshes. */
const TOKEN_LIFE_MS = 3 * 3_600_000;
const AT_ONCE = 500;

/**
 * Writes accounts into the directory of an auth service that is not running, by its own code: the same rows and the
 * same tokens as registering gives, without a request and a password hash for each. All have one password, so one hash.
 */
export async function seedAccounts(directory: string, count: number): Promise<LoadAccount[]> {
  const kv = await openLevel({ directory, log: silentLogger, clock: systemClock });
  try {
    await requireFormat(kv, LEVEL_FORMAT, directory);
    const store = createLevelStore(kv);
    const nowMs = Date.now();
    const keys = await openSigningKeys(store, nowMs);
    const tokens = createTokenIssuer({
      keys,
      accessLifeMs: TOKEN_LIFE_MS,
      refreshLifeMs: TOKEN_LIFE_MS,
    });
    const passwords = await createPasswords({
      memoryKib: 1024,
      passes: 1,
      runningMax: 1,
      waitingMax: 1,
    });
    const passwordHash = await passwords.hash("correct horse battery");
    const seed = async (index: number): Promise<LoadAccount> => {
      const account = { user: newId("us"), name: `load.${index}`, passwordHash, createdMs: nowMs };
      const { device, refreshToken } = tokens.newDevice(account.user, "load", nowMs);
      await store.createAccount(account, device);
      const { user, accessToken } = await tokens.pair(device, refreshToken, nowMs);
      return { user, device: device.device, accessToken };
    };
    const accounts: LoadAccount[] = [];
    while (accounts.length < count) {
      const some = Math.min(AT_ONCE, count - accounts.length);
      const from = accounts.length;
      accounts.push(...(await Promise.all(Array.from({ length: some }, (_, i) => seed(from + i)))));
    }
    return accounts;
  } finally {
    await kv.close();
  }
}
