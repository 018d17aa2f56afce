import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { lanes, pairAt, pairs } from "./matrix.js";
import { repairOf } from "./table.js";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));
const PAIRS = 100;

describe("losing frames by kind and hop", () => {
  it(`each kind alone and ${PAIRS} pairs are lost, and who is to repeat them does`, async function () {
    this.timeout(1_200_000);
    // In processes of its own: the simulation owns the timers.
    const { stdout } = await promisify(execFile)(process.execPath, [
      MAIN,
      "--pairs",
      `${PAIRS}`,
    ]).catch((failed) => failed);
    assert.match(stdout, new RegExp(`${lanes.length} kinds of frames lost, one at a time`));
    assert.match(stdout, / 0 faults/, stdout);
  });

  it("has a row for every kind of frame of the contract", () => {
    const missing = lanes.filter((lane) => !repairOf(lane));
    assert.deepEqual(missing, []);
  });

  it("numbers every pair once", () => {
    const seen = new Set(Array.from({ length: pairs }, (_, index) => pairAt(index).join()));
    assert.equal(seen.size, pairs);
  });
});
