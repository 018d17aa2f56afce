import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openLevelStore } from "./level-store.js";
import { CONVERSATION, describeStore } from "./store.suite.js";

const directories: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "client-store-"));
  directories.push(directory);
  return directory;
}

after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

describeStore("in a directory", async () => {
  const directory = await newDirectory();
  return { reopen: () => openLevelStore(directory) };
});

describe("a store in a directory", () => {
  it("lets one process at a time in, with a clear error", async () => {
    const directory = await newDirectory();
    const store = await openLevelStore(directory);
    await assert.rejects(openLevelStore(directory), { name: "ChatError", reason: "IN_USE" });
    await store.close();
    await (await openLevelStore(directory)).close();
  });

  it("says so when the directory cannot be used", async () => {
    const file = join(await newDirectory(), "file");
    await writeFile(file, "");
    await assert.rejects(openLevelStore(join(file, "profile")), { reason: "STORE" });
  });

  it("has after kill -9 whole batches only, and all that were reported durable", async () => {
    const directory = await newDirectory();
    const program = fileURLToPath(new URL("testing/level-crash.child.js", import.meta.url));
    const child = spawn(process.execPath, [program, directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    let durable = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      durable = Number(line);
      if (durable === 200) child.kill("SIGKILL");
    }
    await exited;
    const store = await openLevelStore(directory);
    const { device, outbox } = await store.load();
    const messages = await store.messages(CONVERSATION, 0, 100_000);
    await store.close();
    assert.ok(device.connect >= durable);
    assert.equal(messages.length, device.connect);
    assert.equal(outbox[0]?.number, device.connect);
  });
});
