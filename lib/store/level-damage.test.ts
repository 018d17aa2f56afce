import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../log.js";
import { diskEngine } from "./engine.js";
import { hastyClock } from "./faults.js";
import { type KeyValueStore, StoreError } from "./kv.js";
import { fails } from "./kv-rig.suite.js";
import { openLevel } from "./level.js";

/** Pairs in tables, in several levels of block sizes, and pairs that are still in the log. */
const IN_TABLES = 600;
const IN_LOG = 12;
const ALL = IN_TABLES + IN_LOG;

describe("LevelDB store with damaged files", () => {
  let root: string;
  let sound: string;
  let copy: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "store-damage-"));
    sound = join(root, "sound");
    copy = join(root, "copy");
    await fill(sound, 0, IN_TABLES);
    // Opening moves what is in the log into a table.
    await fill(sound, IN_TABLES, ALL);
  });
  beforeEach(() => cp(sound, copy, { recursive: true }));
  afterEach(() => rm(copy, { recursive: true }));
  after(() => rm(root, { recursive: true }));

  it("opens what is sound", async () => {
    const names = await readdir(copy);
    assert.ok(names.some((name) => name.endsWith(".ldb")));
    assert.equal(await readAll(copy), "right");
  });

  for (const kind of [/\.ldb$/, /\.log$/, /^MANIFEST/, /^CURRENT/]) {
    it(`never gives wrong data or hides any after a flipped bit in ${kind.source}`, async () => {
      const path = join(copy, (await readdir(copy)).find((name) => kind.test(name)) as string);
      const bytes = await readFile(path);
      const outcomes = new Set<string>();
      for (let i = 0; i < 40; i++) {
        await rm(copy, { recursive: true });
        await cp(sound, copy, { recursive: true });
        const damaged = Buffer.from(bytes);
        const at = Math.floor((i * bytes.length) / 40);
        damaged[at] = (damaged[at] as number) ^ (1 << (i % 8));
        await writeFile(path, damaged);
        outcomes.add(await readAll(copy));
      }
      outcomes.delete("right");
      assert.deepEqual([...outcomes], ["refused"]);
    });
  }

  it("cuts a torn tail off the log: whole batches from the first one on are there", async () => {
    const name = (await readdir(copy)).find((file) => file.endsWith(".log")) as string;
    const { length } = await readFile(join(copy, name));
    for (let cut = 0; cut < 30; cut++) {
      await rm(copy, { recursive: true });
      await cp(sound, copy, { recursive: true });
      await truncate(join(copy, name), length - 1 - Math.floor((cut * length) / 30));
      const store = await open(copy);
      const found = (await store.range(EVERYTHING)).length;
      assert.ok(found >= IN_TABLES);
      await assertRight(store, found);
      await store.close();
    }
  });

  it("refuses data without its CURRENT file instead of beginning anew", async () => {
    await rm(join(copy, "CURRENT"));
    await fails(open(copy), "corrupt");
  });

  it("begins anew where the power was cut before the first opening had ended, and nowhere else", async () => {
    const names = await readdir(copy);
    const manifest = names.find((name) => name.startsWith("MANIFEST")) as string;
    await truncate(join(copy, manifest), 0);
    await fails(open(copy), "corrupt");
    await writeFile(join(copy, "CURRENT"), "MANIFEST-000001\n");
    await writeFile(join(copy, "MANIFEST-000001"), "");
    await fails(open(copy), "corrupt");
    for (const name of names) await rm(join(copy, name));
    await writeFile(join(copy, "CURRENT"), "MANIFEST-000001\n");
    const store = await open(copy);
    await store.write((batch) => batch.put(Buffer.from("k"), Buffer.from("v")));
    await store.close();
    const again = await open(copy);
    assert.equal(`${await again.get(Buffer.from("k"))}`, "v");
    await again.close();
  });

  it("takes nothing away from another process that is in its first opening", async () => {
    for (const name of await readdir(copy)) await rm(join(copy, name));
    const first = await diskEngine(copy)();
    await writeFile(join(copy, "CURRENT"), "MANIFEST-000001\n");
    await writeFile(join(copy, "MANIFEST-000001"), "");
    await fails(open(copy), "locked");
    assert.ok((await readdir(copy)).includes("CURRENT"));
    await first.close();
  });

  it("ignores a table that a crash left unfinished", async () => {
    await writeFile(join(copy, "999999.ldb"), Buffer.alloc(5000, 7));
    assert.equal(await readAll(copy), "right");
  });

  it("reports a value that does not fit its checksum, whatever LevelDB says", async () => {
    const engine = await diskEngine(copy)();
    await engine.put(key(5), Buffer.from("not sealed"));
    await engine.put(key(6), (await engine.get(key(7))) as Buffer);
    await engine.close();
    const store = await open(copy);
    await fails(store.get(key(5)), "corrupt");
    await fails(store.get(key(6)), "corrupt");
    await fails(store.range(EVERYTHING), "corrupt");
    assert.deepEqual(await store.get(key(7)), value(7));
    await store.close();
  });
});

const EVERYTHING = { gte: Buffer.from("k"), lt: Buffer.from("l") };

const open = (directory: string) =>
  openLevel({ directory, log: silentLogger, clock: hastyClock() });

function key(i: number): Buffer {
  return Buffer.from(`k${String(i).padStart(6, "0")}`);
}

/** Some compress well and some do not; a few are larger than a block of the log. */
function value(i: number): Buffer {
  const noise = createHash("shake256", { outputLength: i % 100 === 50 ? 40_000 : 100 });
  return Buffer.concat([Buffer.alloc(i % 200, "text "), noise.update(`${i}`).digest()]);
}

/** Three pairs a batch. */
async function fill(directory: string, from: number, to: number): Promise<void> {
  const store = await open(directory);
  for (let i = from; i < to; i += 3) {
    await store.write((batch) => {
      for (let j = i; j < i + 3; j++) batch.put(key(j), value(j));
    });
  }
  await store.close();
}

async function readAll(directory: string): Promise<"right" | "refused"> {
  let store: KeyValueStore | undefined;
  try {
    store = await open(directory);
    await assertRight(store, ALL);
    return "right";
  } catch (error) {
    if (error instanceof StoreError && error.failure === "corrupt") return "refused";
    throw error;
  } finally {
    await store?.close();
  }
}

async function assertRight(store: KeyValueStore, count: number): Promise<void> {
  const pairs = await store.range(EVERYTHING);
  assert.equal(pairs.length, count);
  assert.equal(count % 3, 0);
  assert.ok(pairs.every(([k, v], i) => k.equals(key(i)) && v.equals(value(i))));
  assert.deepEqual(await store.get(key(count - 1)), value(count - 1));
}
