import assert from "node:assert/strict";
import { until } from "./faults.js";
import { fails, put, type Stage } from "./kv-rig.suite.js";

export function failureTests(at: Stage): void {
  for (const outcome of ["lost", "applied"] as const) {
    it(`rejects all that was collected or in flight (${outcome}) and opens again`, async () => {
      await put(at.kv, "before");
      const release = at.faults.hold();
      at.faults.failNext(outcome, noSpace());
      const flying = put(at.kv, "flying");
      await until(() => at.faults.batches === 2);
      const collected = put(at.kv, "collected");
      release();
      await Promise.all([fails(flying, "full"), fails(collected, "full")]);
      await until(() => at.kv.generation === 1);
      assert.equal(`${await at.kv.get(Buffer.from("before"))}`, "v");
      const found = await at.kv.get(Buffer.from("flying"));
      assert.equal(found !== undefined, outcome === "applied");
      assert.equal(await at.kv.get(Buffer.from("collected")), undefined);
      await put(at.kv, "after");
    });
  }

  it("loses nothing acknowledged over many failures", async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 20; round++) {
      at.faults.failNext(round % 3 === 0 ? "applied" : "lost", new Error("IO error: broken"));
      if (round % 4 === 0) at.faults.failOpening(new Error("IO error: still broken"));
      await fails(put(at.kv, `failed${round}`), "io");
      await until(() => at.kv.generation === round + 1);
      const keys = Array.from({ length: 5 }, (_, i) => `k${round}-${i}`);
      await Promise.all(keys.map((key) => put(at.kv, key)));
      acknowledged.push(...keys);
    }
    const pairs = await at.kv.range({ gte: Buffer.from("k"), lt: Buffer.from("l") });
    assert.deepEqual(pairs.map(([key]) => `${key}`).sort(), acknowledged.sort());
  });
}

export function reopenTests(at: Stage): void {
  it("rejects reads and writes until it has opened again, with back-off", async () => {
    at.faults.failNext("lost", new Error("IO error: broken"));
    for (let i = 0; i < 9; i++) at.faults.failOpening(new Error("IO error: still broken"));
    await fails(put(at.kv, "a"), "io");
    await fails(put(at.kv, "a"), "io");
    await fails(at.kv.get(Buffer.from("a")), "io");
    await fails(at.kv.range({ gte: Buffer.from("a"), lt: Buffer.from("b") }), "io");
    assert.equal(at.kv.generation, 0);
    await until(() => at.kv.generation === 1);
    assert.deepEqual(at.delays, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    await put(at.kv, "a");
  });

  it("tells what failed and what to do, without keys and values", async () => {
    at.faults.failNext("lost", noSpace());
    await assert.rejects(put(at.kv, "secret"), (error: Error) => {
      assert.match(error.message, /no space is left/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  it("can be closed while it is not open", async () => {
    at.faults.failNext("lost", new Error("IO error: broken"));
    for (let i = 0; i < 1000; i++) at.faults.failOpening(new Error("IO error: still broken"));
    await fails(put(at.kv, "a"), "io");
    await at.kv.close();
    await fails(put(at.kv, "a"), "closed");
  });
}

const noSpace = () =>
  Object.assign(new Error("IO error: x.log: No space left on device"), {
    code: "LEVEL_IO_ERROR",
  });
