import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../lib/clock.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import {
  type DurableStoreUnderTest,
  describeAuthStore,
  describeDurability,
} from "./store.suite.js";
import { createLevelStore } from "./store-level.js";

const deps = { log: silentLogger, clock: systemClock };

describeAuthStore("the store of accounts in memory", async () => {
  const kv = await openLevel({ directory: "memory", ...deps });
  return { stores: createLevelStore(kv), close: () => kv.close() };
});

describeAuthStore("the store of accounts on disk", openOnDisk);
describeDurability("the store of accounts on disk", openOnDisk);

async function openOnDisk(): Promise<DurableStoreUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), "auth-store-"));
  let kv = await openLevel({ directory, ...deps });
  return {
    stores: createLevelStore(kv),
    async reopen() {
      await kv.close();
      kv = await openLevel({ directory, ...deps });
      return createLevelStore(kv);
    },
    async close() {
      await kv.close();
      await rm(directory, { recursive: true });
    },
  };
}
