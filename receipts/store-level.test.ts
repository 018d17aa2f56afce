import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "../lib/clock.js";
import { silentLogger as log } from "../lib/log.js";
import { StoreError } from "../lib/store/kv.js";
import { openLevel } from "../lib/store/level.js";
import { newCursor } from "./cursors.js";
import { receiptsStoreSuite } from "./store.suite.js";
import { levelReceiptsStore } from "./store-level.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ann } from "./testing/setup.js";

const directories: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "receipts-"));
  directories.push(directory);
  return directory;
}

after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

const open = async (directory: string) =>
  levelReceiptsStore(await openLevel({ directory, log, clock }));

receiptsStoreSuite("memory", () => open("memory"));
receiptsStoreSuite("disk", async () => open(await newDirectory()));
receiptsStoreSuite("rows of the tests", async () => new RowsStore());

describe("the receipts store on disk", () => {
  it("still has its rows after it was closed and opened again", async () => {
    const directory = await newDirectory();
    const moves = [{ ...newCursor(ann), delivered: 4, deliveredAtMs: 5 }];
    const first = await open(directory);
    await first.commit([
      { conversation: ab, segment: 0, flush: 1, writer: "bt_1", full: true, moves },
    ]);
    await first.close();
    const second = await open(directory);
    assert.deepEqual((await second.readTail(ab, 0))[0]?.moves, moves);
    await second.close();
  });

  it("calls a row it cannot read corrupt", async () => {
    const kv = await openLevel({ directory: "memory", log, clock });
    const store = levelReceiptsStore(kv);
    const moves = [{ ...newCursor(ann), delivered: 4, deliveredAtMs: 5 }];
    await store.commit([
      { conversation: ab, segment: 0, flush: 1, writer: "bt_1", full: true, moves },
    ]);
    const bounds = { gte: Buffer.from("f"), lt: Buffer.from("g") };
    const [pair] = await kv.range(bounds);
    await kv.write((batch) => batch.put(pair?.[0] as Buffer, Buffer.from([0xff])));
    const corrupt = (error: unknown) => error instanceof StoreError && error.failure === "corrupt";
    await assert.rejects(store.readTail(ab, 0), corrupt);
    await store.close();
  });
});
