import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../lib/clock.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { describePrivacyStore } from "./privacy-store.suite.js";
import { createPrivacyStore } from "./privacy-store-level.js";

describePrivacyStore("the store of privacy on disk", async () => {
  const directory = await mkdtemp(join(tmpdir(), "privacy-store-"));
  const open = () => openLevel({ directory, log: silentLogger, clock: systemClock });
  let kv = await open();
  return {
    store: createPrivacyStore(kv),
    async reopen() {
      await kv.close();
      kv = await open();
      return createPrivacyStore(kv);
    },
    async close() {
      await kv.close();
      await rm(directory, { recursive: true });
    },
  };
});
