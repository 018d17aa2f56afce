import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock as clock } from "../lib/clock.js";
import { silentLogger as log } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { readCursors } from "./history.js";
import { NEWEST_SEGMENT } from "./store.js";
import { levelReceiptsStore } from "./store-level.js";

const child = fileURLToPath(new URL("./testing/confirming-child.js", import.meta.url));
const LINES = 300;

describe("receipts killed with kill -9", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "receipts-"));
  });
  after(() => rm(directory, { recursive: true }));

  it("have everything they confirmed, also after the next boot was killed", async () => {
    const told = new Map<string, [conversation: string, delivered: number, read: number]>();
    let from = 1;
    for (let boot = 0; boot < 3; boot++) {
      for (const line of await linesUntilKilled(from)) {
        const [conversation = "", user = "", delivered, read] = line.split(" ");
        told.set(conversation + user, [conversation, Number(delivered), Number(read)]);
        from = Math.max(from, Number(delivered));
      }
      await check(told);
    }
    assert.equal(told.size, 3);
  });

  /** What a process printed before it was killed in the middle of its work. */
  async function linesUntilKilled(from: number): Promise<string[]> {
    const process = spawn("node", [child, directory, String(from)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(process, "exit");
    const lines: string[] = [];
    for await (const line of createInterface(process.stdout)) {
      lines.push(line);
      if (lines.length === LINES) process.kill("SIGKILL");
    }
    assert.deepEqual(await ended, [null, "SIGKILL"]);
    return lines;
  }

  async function check(told: ReadonlyMap<string, readonly [string, number, number]>) {
    const store = levelReceiptsStore(await openLevel({ directory, log, clock }));
    for (const [key, [conversation, delivered, read]] of told) {
      const cursors = await readCursors(store, conversation, NEWEST_SEGMENT);
      const cursor = cursors.get(key.slice(conversation.length));
      assert((cursor?.delivered ?? 0) >= delivered && (cursor?.read ?? 0) >= read);
    }
    await store.close();
  }
});
