import assert from "node:assert/strict";
import { noCounts } from "./chat-pair.js";
import { openLoop } from "./open-loop.js";
import { SendTimes } from "./send-times.js";
import type { LoadPair } from "./subject.js";

/** A pair whose messages are all answered at once, except for what `lose` says. */
function echo(intended: number[], lose: (sends: number) => boolean = () => false): LoadPair {
  const counts = noCounts();
  const pair: LoadPair = {
    counts,
    onSent() {},
    onRead() {},
    onBroken() {},
    async connect() {},
    close() {},
    send(intendedMs) {
      intended.push(intendedMs);
      counts.sends++;
      counts.sent++;
      pair.onSent(performance.now() - intendedMs);
      counts.delivered++;
      counts.read++;
      if (!lose(counts.sends)) pair.onRead(performance.now() - intendedMs);
    },
  };
  return pair;
}

describe("the open loop", () => {
  it("sends by the pairs in turn, at times of its own, and measures from those", async () => {
    const [a, b] = [[], []] as [number[], number[]];
    const result = await openLoop([echo(a), echo(b)], { perS: 5000, seconds: 0.2 });
    assert.equal(result.fault, "");
    assert.equal(a.length + b.length, result.messages);
    assert.ok(a.length - b.length <= 1);
    assert.ok(result.messages > 800 && result.messages < 1200, String(result.messages));
    assert.ok(a.every((ms, i) => i === 0 || ms > (b[i - 1] as number)));
    assert.ok(result.read.p50 <= result.read.p99 && result.read.max >= result.late.p50);
  });

  it("sends the same number in every run", async () => {
    const load = { perS: 1000, seconds: 0.1 };
    const first = await openLoop([echo([])], load);
    assert.equal((await openLoop([echo([])], load)).messages, first.messages);
  });

  it("finds a tick that was never shown", async () => {
    const pair = echo([], (sends) => sends === 7);
    const { fault, messages } = await openLoop([pair], { perS: 1000, seconds: 0.05 });
    assert.equal(fault, `${messages - 1} of ${messages}`);
  });
});

describe("the times of messages under way", () => {
  it("are given out in order, for either tick, however many are under way", () => {
    const times = new SendTimes();
    let [pushed, sent, read] = [0, 0, 0];
    for (let round = 0; round < 5000; round++) {
      for (let i = 0; i < 3; i++) times.push(pushed++);
      while (sent < pushed - (round % 7)) assert.equal(times.sent(), sent++);
      while (read < pushed - (round % 5)) assert.equal(times.read(), read++);
    }
  });
});
