import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../log.js";
import { diskEngine, memoryEngine } from "./engine.js";
import { faultyEngine } from "./faults.js";
import { keyValueStoreSuite } from "./kv.suite.js";
import type { KvRig } from "./kv-rig.suite.js";
import { openLevel } from "./level.js";

keyValueStoreSuite("in memory", async () => {
  const faults = faultyEngine(memoryEngine());
  return rig("memory", faults, async () => {});
});

keyValueStoreSuite("on disk", async () => {
  const directory = await mkdtemp(join(tmpdir(), "store-"));
  const faults = faultyEngine(diskEngine(directory));
  return rig(directory, faults, () => rm(directory, { recursive: true }));
});

function rig(directory: string, faults: KvRig["faults"], dispose: KvRig["dispose"]): KvRig {
  const log = silentLogger;
  return {
    faults,
    open: (clock, limits) => openLevel({ directory, log, clock, open: faults.open, limits }),
    dispose,
  };
}
