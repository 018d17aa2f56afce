import assert from "node:assert/strict";
import { FakeClock } from "./fake-clock.js";

describe("fake clock", () => {
  it("runs what is due in order of time, and nothing else", () => {
    const clock = new FakeClock(1_000);
    const seen: string[] = [];
    clock.after(30, () => seen.push(`b ${clock.nowMs()}`));
    clock.after(10, () => seen.push(`a ${clock.nowMs()}`));
    clock.after(31, () => seen.push("late"));
    const every = clock.every(20, () => seen.push(`e ${clock.wallMs()}`));
    clock.advance(30);
    assert.deepEqual(seen, ["a 10", "e 1020", "b 30"]);
    every.cancel();
    clock.advance(1);
    assert.deepEqual(seen.slice(3), ["late"]);
    assert.equal(clock.pending, 0);
  });

  it("runs what a timer adds, if it is due too", () => {
    const clock = new FakeClock();
    let ran = false;
    clock.after(5, () => {
      clock.after(5, () => {
        ran = true;
      });
    });
    clock.advance(10);
    assert.ok(ran);
  });
});
