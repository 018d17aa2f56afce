import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { HistoryEvent, HistoryFact } from "../events.js";
import { validHistory } from "../model/generate.js";

/** Each is about twice as long as the one before. */
type Growing = readonly HistoryEvent[][];

const ROUNDS = [20, 40, 80];
/** The work per line may differ with what the lines happen to be. */
const UNEVEN = 1.4;

describe("the work of the checker", function () {
  this.timeout(120_000);

  it("grows with the length of a valid history, and no faster", () =>
    isLinear(ROUNDS.map((rounds) => validHistory(7, rounds))));

  it("does so where nothing was shown and everything is late", () =>
    isLinear(
      ROUNDS.map((rounds) => validHistory(8, rounds).filter(({ type }) => type !== "shown")),
    ));

  it("does so where no message ever got an outcome and no question an answer", () => {
    const without = new Set(["ok", "fail", "info", "shown", "page"]);
    // Each rest finds all of them again: it is one line for each.
    return isLinear(
      ROUNDS.map((rounds) =>
        validHistory(9, rounds).filter(
          ({ type }, at, all) => !without.has(type) && (type !== "settled" || at > all.length - 40),
        ),
      ),
    );
  });

  it("does so for a device that sends and sends beyond a gap", () =>
    isLinear(ROUNDS.map(beyondAGap)));
});

async function isLinear(histories: Growing): Promise<void> {
  const worker = new Worker(new URL("./work.js", import.meta.url), { workerData: histories });
  const [counts] = (await once(worker, "message")) as [number[]];
  const perLine = counts.map((count, at) => count / (histories[at] as HistoryEvent[]).length);
  const [first, ...others] = perLine as [number, ...number[]];
  assert.ok(first > 1, "nothing was counted");
  for (const other of others) assert.ok(other < first * UNEVEN, `per line: ${perLine}`);
}

/** Ann sends on and on, and never gets what Bob had sent before. */
function beyondAGap(rounds: number): HistoryEvent[] {
  const history: HistoryEvent[] = [];
  const note = (fact: HistoryFact) => history.push({ at: history.length, ...fact });
  const conversation = "dm_ann_bob";
  for (const device of ["ann", "bob"]) {
    const user = `us_${device}`;
    note({ type: "device", device, user });
    note({ type: "member", conversation, user, from: 1, through: 0 });
    note({ type: "connect", device });
  }
  for (let seq = 1; seq < rounds * 50; seq++) {
    const device = seq === 1 ? "bob" : "ann";
    const entry = { device, conversation, id: `id-${seq}`, body: `message ${seq}` };
    note({ type: "invoke", ...entry });
    note({ type: "ok", ...entry, seq, after: seq - 1 });
    note({ type: "shown", ...entry, seq, sender: `us_${device}` });
  }
  return history;
}
