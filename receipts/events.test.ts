import assert from "node:assert/strict";
import { pino } from "pino";
import { Events } from "./events.js";

describe("the events of receipts", () => {
  it("are all counted, and logged once until a commit succeeds", () => {
    const lines: string[] = [];
    const events = new Events(pino({}, { write: (line: string) => lines.push(line) }));
    const failure = new Error("no");
    for (let n = 0; n < 3; n++) {
      events.commitFailed(failure, 2);
      events.readFailed(failure, 1);
      events.shed("move");
    }
    assert.equal(lines.length, 3);
    assert.deepEqual(
      [events.counts.storeErrors, events.counts.lost, events.counts.shed],
      [6, 9, 3],
    );
    events.committed(4);
    events.commitFailed(failure, 2);
    assert.equal(lines.length, 4);
  });
});
