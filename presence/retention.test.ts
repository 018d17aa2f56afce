import assert from "node:assert/strict";
import { FakeClock } from "../lib/fake-clock.js";
import { newId } from "../lib/ids.js";
import { silentLogger as log } from "../lib/log.js";
import { memoryEngine } from "../lib/store/engine.js";
import { openLevel } from "../lib/store/level.js";
import { Events } from "./events.js";
import { DAY_S, Points } from "./points.js";
import { EVERY_MS, Retention } from "./retention.js";
import type { PresenceStore } from "./store.js";
import { levelPresenceStore } from "./store-level.js";

const DAY_MS = DAY_S * 1000;
const KEEP_DAYS = 90;
const ann = newId("us");

describe("retention", () => {
  let clock: FakeClock;
  let store: PresenceStore;
  let retention: Retention;
  /** Added to the wall clock. */
  let stepMs: number;

  beforeEach(async () => {
    clock = new FakeClock();
    stepMs = 0;
    const kv = await openLevel({ directory: "memory", log, clock, open: memoryEngine() });
    store = levelPresenceStore(kv);
    // A point on each of the last days, as many as are kept.
    await store.add(Array.from({ length: KEEP_DAYS }, (_, i) => i).reduce(pointAgo, new Points()));
    start();
  });
  afterEach(async () => {
    await retention.stop();
    await store.close();
  });

  const today = () => Math.floor(clock.wallMs() / DAY_MS);
  const pointAgo = (points: Points, days: number) =>
    points.addOf(ann, (today() - days) * DAY_S + 7);

  function start(): void {
    const stepped = { ...at(clock), wallMs: () => clock.wallMs() + stepMs };
    retention = new Retention({
      store,
      clock: stepped,
      events: new Events(log),
      keepDays: KEEP_DAYS,
    });
  }

  /** Lets time pass while this process runs. */
  async function run(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= EVERY_MS) {
      clock.advance(Math.min(left, EVERY_MS));
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Days of which points are stored, oldest first, as days before the day on which all began. */
  async function kept(): Promise<number[]> {
    const began = Math.floor(new FakeClock().wallMs() / DAY_MS);
    const seconds = await store.list(ann, { from: 0, to: 2 ** 32 - 1, limit: 1_000 });
    return seconds.map((second) => began - Math.floor(second / DAY_S));
  }

  it("removes each day when it has been kept for long enough, and no other", async () => {
    await run(DAY_MS / 2);
    assert.equal((await kept()).length, KEEP_DAYS);
    await run(3 * DAY_MS);
    const left = await kept();
    assert.ok(left.length === KEEP_DAYS - 3 || left.length === KEEP_DAYS - 2, String(left.length));
    assert.equal(left.at(-1), 0);
  });

  it("keeps nearly all, and when users were last seen, when the clock runs a year ahead for a day", async () => {
    stepMs = 365 * DAY_MS;
    await run(DAY_MS);
    stepMs = 0;
    await run(DAY_MS);
    const left = await kept();
    assert.equal(left.length, KEEP_DAYS - 4);
    assert.deepEqual([left[0], left.at(-1)], [KEEP_DAYS - 5, 0]);
    assert.equal(await store.lastSeen(ann), today() * DAY_S - 2 * DAY_S + 7);
  });

  it("removes nothing at a start, however often it is started with a clock that runs ahead", async () => {
    stepMs = 365 * DAY_MS;
    for (let i = 0; i < 100; i++) {
      await run(EVERY_MS / 2);
      await retention.stop();
      start();
    }
    assert.equal((await kept()).length, KEEP_DAYS);
  });

  it("removes nothing while the clock is set back, and goes on when it is right again", async () => {
    stepMs = -365 * DAY_MS;
    await run(10 * DAY_MS);
    assert.equal((await kept()).length, KEEP_DAYS);
    stepMs = 0;
    await run(4 * DAY_MS);
    const left = await kept();
    assert.ok(left.length <= KEEP_DAYS - 13 && left.length >= KEEP_DAYS - 15, String(left.length));
  });

  it("has caught up with a process that was away for long after a quarter of that time", async () => {
    await retention.stop();
    clock.advance(40 * DAY_MS);
    start();
    await run(10 * DAY_MS);
    const left = await kept();
    assert.ok(left.length <= KEEP_DAYS - 40, String(left.length));
  });
});

/** The clock's methods, so that one of them can be replaced. */
function at(clock: FakeClock) {
  return {
    nowMs: () => clock.nowMs(),
    after: clock.after.bind(clock),
    every: clock.every.bind(clock),
  };
}
