import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDirectory } from "./make-directory.js";

describe("making a directory", () => {
  let place: string;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "cm-directory-"));
  });

  afterEach(() => rm(place, { recursive: true }));

  it("creates what is missing above it, for its owner only", async () => {
    await makeDirectory(join(place, "data/run"));
    assert.equal((await stat(join(place, "data"))).mode & 0o777, 0o700);
    assert.ok((await stat(join(place, "data/run"))).isDirectory());
  });

  it("succeeds for all who make the same one at once, as the services of a first start do", async () => {
    for (let i = 0; i < 20; i++) {
      const directory = join(place, `${i}/data/run`);
      await Promise.all(Array.from({ length: 8 }, () => makeDirectory(directory)));
      assert.ok((await stat(directory)).isDirectory());
    }
  });
});
