import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "../clock.js";
import { silentLogger } from "../log.js";
import { fails } from "./kv-rig.suite.js";
import { openLevel } from "./level.js";

describe("LevelDB store and other processes", () => {
  let directory: string;
  let child: ChildProcess;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "store-"));
    const program = fileURLToPath(new URL("level-crash.child.js", import.meta.url));
    child = spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "inherit"] });
  });
  afterEach(async () => {
    child.kill("SIGKILL");
    await rm(directory, { recursive: true });
  });
  const open = () => openLevel({ directory, log: silentLogger, clock: systemClock });

  for (const count of [20, 300, 3000]) {
    it(`has all that was acknowledged before kill -9 (after ${count} writes)`, async () => {
      const acknowledged = await killAfter(child, count);
      const store = await open();
      for (const number of acknowledged) {
        assert.equal(`${await store.get(Buffer.from(`k${number}`))}`, `v${number}`);
      }
      await store.close();
    });
  }

  it("refuses a directory that another process has, and gets it after that one died", async () => {
    await once(child.stdout as NodeJS.ReadableStream, "data");
    await fails(open(), "locked");
    await assert.rejects(open(), (error: Error) => {
      assert.ok(error.message.includes(directory));
      assert.match(error.message, /in use by another process/);
      return true;
    });
    child.kill("SIGKILL");
    await once(child, "close");
    await (await open()).close();
  });
});

/**
 * Kills the child once it has acknowledged `count` writes; all that it had acknowledged when it
 * died.
 */
async function killAfter(child: ChildProcess, count: number): Promise<number[]> {
  const acknowledged: number[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    // The last line may be cut by the kill.
    if (/^\d+$/.test(line)) acknowledged.push(Number(line));
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  acknowledged.pop();
  return acknowledged;
}
