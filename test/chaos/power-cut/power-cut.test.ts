import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cutPower, recordWriter } from "./power-cut.js";
import type { Act } from "./trace.js";

const CUTS = 80;

describe("a power cut (A6)", function () {
  this.timeout(120_000);
  let directory: string;
  let acts: Act[] | undefined;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-power-"));
    acts = await recordWriter(directory, 3, 60);
  });
  after(() => rm(directory, { recursive: true }));

  for (const seed of ["1", "2"]) {
    it(`loses nothing that was acknowledged, wherever it comes (seed ${seed})`, async function () {
      if (acts === undefined) {
        Object.assign(this.test as object, { skipReason: "strace may not be used here" });
        this.skip();
      }
      assert.ok(acts.filter(({ act }) => act === "sync").length > 20, "too few syncs were seen");
      assert.deepEqual(await cutPower(acts, { directory, cuts: CUTS, seed }), []);
    });
  }

  it("is noticed where a store says durable and syncs nothing", async function () {
    if (acts === undefined) {
      Object.assign(this.test as object, { skipReason: "strace may not be used here" });
      this.skip();
    }
    const lies = acts.filter(({ act }) => act !== "sync");
    assert.notDeepEqual(await cutPower(lies, { directory, cuts: 20, seed: "1" }), []);
  });
});
