import assert from "node:assert/strict";
import { hastyClock, until } from "./faults.js";
import type { KeyValueStore } from "./kv.js";
import { failureTests, reopenTests } from "./kv-failure.suite.js";
import { fails, type KvRig, put, putBytes, type Stage } from "./kv-rig.suite.js";

/**
 * Every sentence of the port in kv.ts, for any implementation on an engine that can be made to
 * fail.
 */
export function keyValueStoreSuite(name: string, makeRig: () => Promise<KvRig>): void {
  describe(`key-value store: ${name}`, () => {
    const at: Stage = { delays: [] } as unknown as Stage;
    beforeEach(async () => {
      at.rig = await makeRig();
      at.faults = at.rig.faults;
      at.delays = [];
      at.kv = await at.rig.open(hastyClock(at.delays));
    });
    afterEach(async () => {
      await at.kv.close();
      await at.rig.dispose();
    });
    describe("reads", () => readTests(at));
    describe("writes", () => writeTests(at));
    describe("groups", () => groupTests(at));
    describe("when a write fails", () => failureTests(at));
    describe("until it is open again", () => reopenTests(at));
    describe("close", () => closeTests(at));
  });
}

function readTests(at: Stage): void {
  const keysOf = (pairs: [Buffer, Buffer][]) => pairs.map(([key]) => key.toString("latin1")).join();

  it("gives a value as a Buffer and undefined for a key that is not there", async () => {
    await put(at.kv, "a");
    const value = await at.kv.get(Buffer.from("a"));
    assert.ok(Buffer.isBuffer(value));
    assert.equal(value.toString(), "v");
    assert.equal(await at.kv.get(Buffer.from("b")), undefined);
  });

  it("keeps empty values and all byte values", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await at.kv.write((batch) => {
      batch.put(bytes, bytes);
      batch.put(Buffer.from("empty"), Buffer.alloc(0));
    });
    assert.deepEqual(await at.kv.get(bytes), bytes);
    assert.deepEqual(await at.kv.get(Buffer.from("empty")), Buffer.alloc(0));
  });

  it("ranges in byte order from gte, included, to lt, left out", async () => {
    await put(at.kv, "b", "\x80", "a\0", "a", "\xff", "ab");
    const all = { gte: Buffer.of(0), lt: Buffer.of(0xff) };
    assert.equal(keysOf(await at.kv.range(all)), "a,a\0,ab,b,\x80");
    assert.equal(
      keysOf(await at.kv.range({ gte: Buffer.from("a\0"), lt: Buffer.from("b") })),
      "a\0,ab",
    );
    assert.equal(keysOf(await at.kv.range({ ...all, reverse: true, limit: 2 })), "\x80,b");
    assert.equal(keysOf(await at.kv.range({ ...all, limit: 1 })), "a");
    assert.deepEqual(await at.kv.range({ gte: Buffer.from("x"), lt: Buffer.from("y") }), []);
  });

  it("stops a range before the pair that passes bytesMax, but gives the first one", async () => {
    await at.kv.write((batch) => {
      for (const key of "abcdef") batch.put(Buffer.from(key), Buffer.alloc(100));
    });
    const read = async (bytesMax: number, reverse = false) =>
      keysOf(await at.kv.range({ gte: Buffer.from("a"), lt: Buffer.from("g"), bytesMax, reverse }));
    assert.equal(await read(300), "a,b,c");
    assert.equal(await read(399), "a,b,c");
    assert.equal(await read(1), "a");
    assert.equal(await read(250, true), "f,e");
    assert.equal(await read(6000), "a,b,c,d,e,f");
  });

  it("gives ranges of more pairs than one step reads", async () => {
    await at.kv.write((batch) => {
      for (let i = 0; i < 2500; i++) batch.put(Buffer.from(`k${i + 10000}`), Buffer.alloc(300, i));
    });
    const pairs = await at.kv.range({ gte: Buffer.from("k"), lt: Buffer.from("l") });
    assert.equal(pairs.length, 2500);
    assert.ok(
      pairs.every(([key, value], i) => `${key}` === `k${i + 10000}` && value[7] === i % 256),
    );
  });
}

function writeTests(at: Stage): void {
  it("applies the operations of one write together and in order", async () => {
    await put(at.kv, "gone");
    await at.kv.write((batch) => {
      batch.put(Buffer.from("x"), Buffer.from("1"));
      batch.put(Buffer.from("x"), Buffer.from("2"));
      batch.del(Buffer.from("gone"));
      batch.del(Buffer.from("never"));
    });
    assert.equal(`${await at.kv.get(Buffer.from("x"))}`, "2");
    assert.equal(await at.kv.get(Buffer.from("gone")), undefined);
  });

  it("does not keep the buffers it was given", async () => {
    const key = Buffer.from("key");
    const value = Buffer.from("value");
    const done = at.kv.write((batch) => {
      batch.put(key, value);
      key.fill(0);
      value.fill(0);
    });
    await done;
    assert.equal(`${await at.kv.get(Buffer.from("key"))}`, "value");
  });

  it("writes nothing of a batch whose fill throws, and goes on", async () => {
    const other = put(at.kv, "other");
    const thrown = at.kv.write((batch) => {
      batch.put(Buffer.from("half"), Buffer.from("1"));
      throw new RangeError("mistake");
    });
    await assert.rejects(thrown, RangeError);
    await fails(other, "io");
    await put(at.kv, "later");
    assert.equal(await at.kv.get(Buffer.from("half")), undefined);
    assert.equal(await at.kv.get(Buffer.from("other")), undefined);
    assert.equal(at.kv.generation, 0);
  });
}

function groupTests(at: Stage): void {
  it("makes 1,000 concurrent writes durable with a handful of batches", async () => {
    await Promise.all(Array.from({ length: 1000 }, (_, i) => put(at.kv, `k${i}`)));
    assert.ok(at.faults.batches <= 3, `${at.faults.batches} batches`);
    assert.equal((await at.kv.range({ gte: Buffer.from("k"), lt: Buffer.from("l") })).length, 1000);
  });

  it("collects while a batch is in flight and writes all of it as the next one", async () => {
    const release = at.faults.hold();
    const first = put(at.kv, "a");
    await until(() => at.faults.batches === 1);
    const rest = Array.from({ length: 50 }, (_, i) => put(at.kv, `b${i}`));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(at.faults.batches, 1);
    release();
    await Promise.all([first, ...rest]);
    assert.equal(at.faults.batches, 2);
  });

  it("splits what was collected into batches of bounded size", async () => {
    const kv = await reopened(at, { groupBytesMax: 1000 });
    await Promise.all(Array.from({ length: 10 }, (_, i) => putBytes(kv, `k${i}`, 400)));
    assert.equal(at.faults.batches, 4);
  });

  it("refuses writes as busy while too much waits, and takes them again afterwards", async () => {
    const kv = await reopened(at, { pendingBytesMax: 1000 });
    const release = at.faults.hold();
    const taken = putBytes(kv, "a", 2000);
    await fails(putBytes(kv, "b", 1), "busy");
    release();
    await taken;
    await putBytes(kv, "c", 1);
    assert.equal(await kv.get(Buffer.from("b")), undefined);
    assert.equal(kv.generation, 0);
  });
}

function closeTests(at: Stage): void {
  it("waits for what was written", async () => {
    const written = Promise.all(Array.from({ length: 10 }, (_, i) => put(at.kv, `k${i}`)));
    await at.kv.close();
    await written;
    const kv = await at.rig.open(hastyClock());
    assert.equal((await kv.range({ gte: Buffer.from("k"), lt: Buffer.from("l") })).length, 10);
    await kv.close();
  });

  it("rejects everything afterwards and may be called again", async () => {
    await at.kv.close();
    await at.kv.close();
    await fails(put(at.kv, "a"), "closed");
    await fails(at.kv.get(Buffer.from("a")), "closed");
    await fails(at.kv.range({ gte: Buffer.from("a"), lt: Buffer.from("b") }), "closed");
  });
}

async function reopened(at: Stage, limits: Parameters<KvRig["open"]>[1]): Promise<KeyValueStore> {
  await at.kv.close();
  at.kv = await at.rig.open(hastyClock(), limits);
  at.faults.batches = 0;
  return at.kv;
}
