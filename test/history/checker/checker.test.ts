import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../sim/random.js";
import type { HistoryEvent, HistoryFact } from "../events.js";
import { validHistory } from "../model/generate.js";
import { mutations } from "../mutations/index.js";
import { check } from "./checker.js";
import { explain, summary } from "./verdict.js";

const VALID = 10_000;
const LONG = 50;
const BROKEN = 200;

describe("the checker", function () {
  this.timeout(120_000);

  it(`finds nothing wrong with ${VALID} valid histories`, () => {
    const seen = { acknowledged: 0, shown: 0, ticks: 0, faults: 0 };
    for (let seed = 0; seed < VALID; seed++) {
      const history = validHistory(seed);
      const verdict = check(history);
      assert.equal(verdict.count, 0, `seed ${seed}:\n${explain(history, verdict)}`);
      for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += verdict[key];
    }
    // The histories are worth something: all of it happens in most of them.
    for (const count of Object.values(seen)) assert.ok(count > VALID / 2, JSON.stringify(seen));
  });

  it("finds nothing wrong with long histories that came to rest many times", () => {
    for (let seed = 0; seed < LONG; seed++) {
      const history = validHistory(seed, 20);
      const verdict = check(history);
      assert.equal(verdict.count, 0, `seed ${seed}:\n${explain(history, verdict)}`);
    }
  });

  for (const { name, breaks, apply } of mutations) {
    it(`always notices that ${name}`, () => {
      let applied = 0;
      const seeds = fc.tuple(fc.nat(), fc.nat());
      const property = fc.property(seeds, ([seed, way]) => {
        const broken = apply(validHistory(seed), new Random(`${way}`));
        if (broken === undefined) return;
        applied++;
        const { counts } = check(broken);
        assert.ok(
          breaks.some((invariant) => counts.has(invariant)),
          `found ${[...counts.keys()]}`,
        );
      });
      fc.assert(property, { numRuns: BROKEN });
      // Histories in which there is nothing to break in this way are made until some are found.
      for (let seed = 0; applied === 0; seed++) fc.assert(property, { examples: [[[seed, seed]]] });
    });
  }
});

describe("a verdict", () => {
  const history: HistoryEvent[] = [];
  const note = (fact: HistoryFact) => history.push({ at: history.length * 100, ...fact });
  const conversation = "dm_ann_bob";
  const entry = { conversation, id: "id-1", body: "hello", seq: 1 };
  for (const name of ["ann", "bob"]) {
    note({ type: "device", device: name, user: `us_${name}` });
    note({ type: "member", conversation, user: `us_${name}`, from: 1, through: 0 });
    note({ type: "connect", device: name });
  }
  note({ type: "invoke", device: "ann", ...entry });
  note({ type: "ok", device: "ann", ...entry, after: 0 });
  note({ type: "shown", device: "ann", ...entry, sender: "us_ann" });
  note({ type: "shown", device: "bob", ...entry, sender: "us_ann" });
  note({ type: "shown", device: "bob", ...entry, sender: "us_ann" });

  it("says in one line what was checked and found", () => {
    assert.equal(
      summary(check(history)),
      "1 acknowledged, 0 lost, 1 shown twice, 0 out of order; " +
        "3 shown, 0 ticks checked, 0 faults, 1 violations in 11 lines",
    );
  });

  it("shows the few lines that prove it", () => {
    const text = explain(history, check(history));
    assert.match(text, /^I3: bob shows hello at 1 of dm_ann_bob again/);
    const lines = text.split("\n").slice(1);
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? "", / 10 +0\.900 s {2}shown .*"device":"bob"/);
    assert.match(lines[1] ?? "", / 11 +1\.000 s {2}shown .*"device":"bob"/);
  });

  it("refuses a history that names a device it never introduced", () => {
    const events: HistoryEvent[] = [{ at: 0, type: "connect", device: "eve" }];
    assert.throws(() => check(events), /no device eve/);
  });
});
