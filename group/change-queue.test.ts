import assert from "node:assert/strict";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";
import { FakeClock } from "../lib/fake-clock.js";
import { limits } from "../lib/limits.js";
import { ChangeQueue } from "./change-queue.js";

/** Changes that end when they are told to, in the order in which they began. */
function setUp() {
  const clock = new FakeClock();
  const queue = new ChangeQueue(clock);
  const running: (() => void)[] = [];
  const ask = (group = "gr_a") =>
    queue.run(group, () => new Promise<void>((resolve) => void running.push(resolve)));
  const end = async () => {
    running.shift()?.();
    await new Promise(setImmediate);
  };
  return { clock, running, ask, end };
}

const isCrowded = (error: unknown) =>
  error instanceof RpcError && error.reason === ErrorReason.RATE_LIMITED && error.retryAfterMs > 0;

describe("changes of one group", () => {
  it("are made one at a time, those of another group beside them", async () => {
    const { running, ask, end } = setUp();
    const [first, second, other] = [ask(), ask(), ask("gr_b")];
    assert.equal(running.length, 2);
    await end();
    await first;
    assert.equal(running.length, 2);
    await end();
    await end();
    await Promise.all([second, other]);
  });

  it("are refused as not made when too many wait, until one is done", async () => {
    const { ask, end } = setUp();
    const waiting = Array.from({ length: limits.groupChangesWaitingMax }, () => ask());
    await assert.rejects(ask(), isCrowded);
    await end();
    waiting.push(ask());
    for (let i = 0; i < limits.groupChangesWaitingMax; i++) await end();
    await Promise.all(waiting);
  });

  it("are not begun when their turn comes too late, so nothing is done long after it was asked for", async () => {
    const { clock, running, ask, end } = setUp();
    const first = ask();
    const second = assert.rejects(ask(), isCrowded);
    clock.advance(limits.groupChangeWaitMs + 1);
    await end();
    await Promise.all([first, second]);
    assert.equal(running.length, 0);
  });
});
