import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "../lib/clock.js";
import { newId } from "../lib/ids.js";
import { silentLogger as log } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { Points } from "./points.js";
import { presenceStoreSuite } from "./store.suite.js";
import { levelPresenceStore } from "./store-level.js";

const directories: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "presence-"));
  directories.push(directory);
  return directory;
}

after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

const open = async (directory: string) =>
  levelPresenceStore(await openLevel({ directory, log, clock }));

presenceStoreSuite("memory", () => open("memory"));
presenceStoreSuite("disk", async () => open(await newDirectory()));

describe("the presence store on disk", () => {
  it("still has its points after it was closed and opened again", async () => {
    const directory = await newDirectory();
    const user = newId("us");
    const first = await open(directory);
    await first.add(new Points().addOf(user, 1_700_000_000));
    await first.close();
    const second = await open(directory);
    assert.equal(await second.lastSeen(user), 1_700_000_000);
    await second.close();
  });
});
