import assert from "node:assert/strict";
import type { Clock, Timer } from "../lib/clock.js";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ae, ann, bob, eve, receiptsOver, roomyLimits, settled } from "./testing/setup.js";

/** A clock that stands still until it is moved. */
class HandClock implements Clock {
  now = 0;
  readonly timers: { at: number; run: () => void }[] = [];
  wallMs = () => this.now;
  nowMs = () => this.now;

  after(ms: number, run: () => void): Timer {
    const timer = { at: this.now + ms, run };
    this.timers.push(timer);
    return { cancel: () => this.timers.splice(this.timers.indexOf(timer), 1) };
  }

  every(): Timer {
    throw new Error("nothing here is periodic");
  }

  async moveTo(now: number): Promise<void> {
    this.now = now;
    const due = this.timers.filter((timer) => timer.at <= now);
    for (const timer of due) {
      this.timers.splice(this.timers.indexOf(timer), 1);
      timer.run();
    }
    await settled();
  }
}

describe("a paced conversation", () => {
  it("flushes at once when quiet, and then once per interval", async () => {
    const clock = new HandClock();
    const store = new RowsStore();
    const link = new FakeLink();
    const limits = { ...roomyLimits, flushMs: 100 };
    const { receipts } = receiptsOver(store, { clock, limits });
    const deliver = async (conversation: string, user: string, delivered: number) => {
      receipts.advance(advanceOf({ conversation, user, delivered }), link);
      receipts.kick();
      await settled();
    };
    const rows = () => store.rows.map((row) => [row.conversation, row.moves[0]?.delivered]);

    await deliver(ab, bob, 1);
    assert.deepEqual(rows(), [[ab, 1]]);
    await clock.moveTo(50);
    await deliver(ab, bob, 2);
    await deliver(ae, eve, 7);
    assert.deepEqual(rows().slice(1), [[ae, 7]]);
    await clock.moveTo(90);
    await deliver(ab, bob, 3);
    await deliver(ae, eve, 8);
    assert.equal(store.rows.length, 2);
    await clock.moveTo(100);
    assert.deepEqual(rows().slice(2), [[ab, 3]]);
    await clock.moveTo(150);
    assert.deepEqual(rows().slice(3), [[ae, 8]]);
    await clock.moveTo(1000);
    assert.equal(clock.timers.length, 0);
    await deliver(ab, ann, 1);
    assert.equal(store.rows.length, 5);
  });

  it("that rested when it was forgotten does not take the place of its successor", async () => {
    const clock = new HandClock();
    const store = new RowsStore();
    const link = new FakeLink();
    const limits = { ...roomyLimits, flushMs: 100, conversationsMax: 1 };
    const { receipts } = receiptsOver(store, { clock, limits });
    const deliver = async (conversation: string, user: string, delivered: number) => {
      receipts.advance(advanceOf({ conversation, user, delivered }), link);
      receipts.kick();
      await settled();
    };
    await deliver(ab, bob, 1);
    await deliver(ae, eve, 1);
    await clock.moveTo(50);
    store.hold = true;
    await deliver(ab, bob, 2);
    // The first one of `ab` wakes up while the commit of the second one is under way.
    await clock.moveTo(100);
    store.hold = false;
    store.settle("written");
    await settled();
    await deliver(ab, bob, 3);
    await clock.moveTo(200);
    const flushes = store.rows.filter(({ conversation }) => conversation === ab);
    const places = flushes.map(({ flush }) => flush);
    assert.deepEqual(places, [...new Set(places)]);
    assert.equal(flushes.at(-1)?.moves[0]?.delivered, 3);
  });
});
