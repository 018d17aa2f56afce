import assert from "node:assert/strict";
import { read } from "../sources.js";
import { type PlantedBug, planted } from "./bug.js";
import { bugs } from "./bugs/index.js";
import { patched } from "./patch.js";
import type { Outcome } from "./run.js";
import { isCaught, stage } from "./stage.js";
import { together } from "./together.js";
import { witness } from "./witness.js";

/** Played with each run of the tests, at least one for each invariant; `make planted` plays all. */
const SOME = [
  "a cursor moves because something was sent",
  "an entry has the sender of another",
  "the client shows what it has already",
  "an entry is said to follow the one before the last",
  "an entry overwrites the one before it, at the same seq",
  "the client sends its newest message first",
  "a page of history lacks an entry",
  "the client shows ✓✓ in blue",
  "a push reaches a stranger, too",
  "a repeated send is taken for a new one",
  "the text of a message is logged",
  "a repeated send is told the next seq",
  "a take-over fences nobody",
  "a tick is claimed for what is only a placeholder",
  "who comes back sees what was said without him",
];

describe("a planted bug", function () {
  this.timeout(240_000);
  const played = bugs.filter(({ name }) => SOME.includes(name));
  const outcomes = new Map<PlantedBug, Outcome>();

  it("fits its file exactly once", () => {
    const misfits: string[] = [];
    const fits = (file: string, put: (source: string) => string) => {
      try {
        put(read(`dist/${file}`));
      } catch (error) {
        misfits.push((error as Error).message);
      }
    };
    for (const bug of bugs) fits(bug.file, (source) => planted(source, bug));
    fits(witness.file, (source) => patched(source, witness, "The witness"));
    assert.deepEqual(misfits, [], "the code has moved on: look for the place where the bug is now");
  });

  it("does not fit a file that has its place twice, or not at all", () => {
    const [bug] = bugs as [(typeof bugs)[number]];
    assert.throws(() => planted("nothing of it", bug), /is there 0 times/);
    assert.throws(() => planted(`${bug.find}\n${bug.find}`, bug), /is there 2 times/);
    assert.match(planted(bug.find.replaceAll(" ", "\n  "), bug), /setTimeout/);
  });

  it("has a name of its own", () => {
    assert.equal(new Set(bugs.map(({ name }) => name)).size, bugs.length);
  });

  it("is what the checker finds: without one, nothing is wrong", async () => {
    const outcome = await stage("chat");
    assert.deepEqual(outcome.broken, [], outcome.text);
    assert.ok(outcome.ended, outcome.text);
  });

  it("breaks each invariant, in the runs of the tests, too", () => {
    const invariants = (some: typeof bugs) => new Set(some.map(({ breaks }) => breaks)).size;
    assert.equal(played.length, SOME.length);
    assert.equal(invariants(played), invariants(bugs));
  });

  describe("is caught:", () => {
    before(() =>
      together(played, async (bug) => void outcomes.set(bug, await stage(bug.scene, bug))),
    );

    for (const bug of played) {
      it(bug.name, () => {
        const outcome = outcomes.get(bug) as Outcome;
        assert.ok(isCaught(bug, outcome), outcome.text);
      });
    }
  });
});
