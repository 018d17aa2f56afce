import { deepEqual, equal } from "node:assert/strict";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { createGate } from "./gate.js";
import { refused } from "./testing/service.js";

/** Work that runs until it is told to end. */
function heldWork() {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  return {
    started,
    work: (n: number) => () => {
      started.push(n);
      return new Promise<number>((resolve) => ends.push(() => resolve(n)));
    },
    endNext: () => ends.shift()?.(),
  };
}

describe("the gate before password hashes", () => {
  it("runs so many at a time, lets so many wait in order, and sends the rest away", async () => {
    const gate = createGate({ runningMax: 2, waitingMax: 2 });
    const held = heldWork();
    const calls = [1, 2, 3, 4].map((n) => gate.run(held.work(n)));
    const { retryAfterMs } = await refused(gate.run(held.work(5)), ErrorReason.BUSY);
    equal(retryAfterMs > 0, true);
    deepEqual(held.started, [1, 2]);
    held.endNext();
    equal(await calls[0], 1);
    held.endNext();
    equal(await calls[1], 2);
    await new Promise((resolve) => setImmediate(resolve));
    deepEqual(held.started, [1, 2, 3, 4]);
    held.endNext();
    held.endNext();
    deepEqual(await Promise.all(calls), [1, 2, 3, 4]);
  });

  it("has room again after work has failed", async () => {
    const gate = createGate({ runningMax: 1, waitingMax: 0 });
    for (let n = 0; n < 3; n++) {
      const failure = gate.run(async () => Promise.reject(new Error("broken")));
      equal(await failure.catch((error: Error) => error.message), "broken");
    }
    equal(await gate.run(async () => 7), 7);
  });

  it("does no work for a caller who has gone while he waited", async () => {
    const gate = createGate({ runningMax: 1, waitingMax: 1 });
    const held = heldWork();
    const first = gate.run(held.work(1));
    const caller = new AbortController();
    const second = refused(gate.run(held.work(2), caller.signal), ErrorReason.BUSY);
    caller.abort();
    held.endNext();
    await first;
    await second;
    deepEqual(held.started, [1]);
    equal(await gate.run(async () => 3), 3);
  });
});
