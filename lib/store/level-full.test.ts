import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { silentLogger } from "../log.js";
import { hastyClock, until } from "./faults.js";
import { type KeyValueStore, StoreError } from "./kv.js";
import { fails } from "./kv-rig.suite.js";
import { openLevel } from "./level.js";

const run = promisify(execFile);

describe("LevelDB store on a full disk", () => {
  let mount: string | undefined;
  let skipReason = "";
  before(async () => {
    const directory = await mkdtemp(join(tmpdir(), "store-full-"));
    try {
      await run("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", directory]);
      mount = directory;
    } catch (error) {
      await rm(directory, { recursive: true });
      skipReason = `a small tmpfs cannot be mounted here (${(error as Error).message.trim()})`;
    }
  });
  after(async () => {
    if (!mount) return;
    await run("umount", [mount]);
    await rm(mount, { recursive: true });
  });

  it("rejects as full, loses nothing acknowledged, goes on when there is space again", async function () {
    if (!mount) {
      Object.assign(this.test as object, { skipReason });
      this.skip();
    }
    const directory = join(mount, "db");
    const ballast = join(mount, "ballast");
    const open = () => openLevel({ directory, log: silentLogger, clock: hastyClock() });
    const store = await open();
    await leaveFree(ballast, 2 * 1024 * 1024);
    const acknowledged = await writeUntilRefused(store);
    assert.ok(acknowledged > 0);
    await fails(write(store, acknowledged), "full");
    await rm(ballast);
    await until(() => store.generation > 0);
    await write(store, acknowledged + 1);
    await assertAll(store, acknowledged);
    await store.close();
    const again = await open();
    await assertAll(again, acknowledged);
    await again.close();
  });
});

async function leaveFree(ballast: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(join(ballast, ".."));
  await writeFile(ballast, Buffer.alloc(bavail * bsize - bytes));
}

const value = (number: number) => Buffer.alloc(10_000, number);

function write(store: KeyValueStore, number: number): Promise<void> {
  return store.write((batch) => batch.put(Buffer.from(`k${number}`), value(number)));
}

/** How many writes, numbered from 0 on, were acknowledged. */
async function writeUntilRefused(store: KeyValueStore): Promise<number> {
  for (let number = 0; ; number++) {
    try {
      await write(store, number);
    } catch (error) {
      assert.ok(error instanceof StoreError);
      assert.equal(error.failure, "full");
      return number;
    }
  }
}

async function assertAll(store: KeyValueStore, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    assert.deepEqual(await store.get(Buffer.from(`k${number}`)), value(number));
  }
}
