import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../log.js";
import { diskEngine, memoryEngine } from "./engine.js";
import { faultyEngine, hastyClock } from "./faults.js";
import { keyValueStoreSuite } from "./kv.suite.js";
import { fails, type KvRig } from "./kv-rig.suite.js";
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

describe("opening a store", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "store-"));
  });
  afterEach(() => rm(root, { recursive: true }));
  const open = (directory: string) =>
    openLevel({ directory, log: silentLogger, clock: hastyClock() });

  it("creates the directory and those above it", async () => {
    const store = await open(join(root, "a", "b"));
    await store.close();
    assert.ok((await readdir(join(root, "a", "b"))).includes("CURRENT"));
  });

  it("gives up where no directory can ever be made", async function () {
    if (!existsSync("/proc/self")) this.skip();
    await fails(open("/proc/nothing/here"), "io");
  });

  it("says which directory it cannot have, and why", async () => {
    const path = join(root, "file");
    await writeFile(path, "");
    await fails(open(path), "io");
    await assert.rejects(open(path), (error: Error) => error.message.includes(path));
  });

  it("refuses the same directory a second time within the process", async () => {
    const first = await open(root);
    await fails(open(root), "locked");
    await first.close();
    await (await open(root)).close();
  });
});

function rig(directory: string, faults: KvRig["faults"], dispose: KvRig["dispose"]): KvRig {
  const log = silentLogger;
  return {
    faults,
    open: (clock, limits) => openLevel({ directory, log, clock, open: faults.open, limits }),
    dispose,
  };
}
