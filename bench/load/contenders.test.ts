import assert from "node:assert/strict";
import {
  all,
  type Contender,
  refuseBusyGenerator,
  uwsFloor,
  withContenders,
} from "./contenders.js";

describe("the contenders of a bench", () => {
  it("are not measured by a generator that is the limit itself, except for a floor", () => {
    refuseBusyGenerator(uwsFloor, 0.95, 0.8);
    refuseBusyGenerator(all, 0.79, 0.8);
    assert.throws(() => refuseBusyGenerator(all, 0.81, 0.8), /all: the generator used 0\.81/);
  });

  it("are left out when they are not installed, which is said", async () => {
    const absent: Contender = {
      name: "absent",
      kind: "peer",
      start: async () => ({ skipped: "not here" }),
    };
    const said: string[] = [];
    const there = await withContenders(
      [absent],
      1,
      (line) => said.push(line),
      async (running) => running.map(({ contender }) => contender.name),
    );
    assert.deepEqual(there, []);
    assert.deepEqual(said, ["SKIPPED absent: not here"]);
  });
});
