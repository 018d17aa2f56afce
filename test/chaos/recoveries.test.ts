import assert from "node:assert/strict";
import type { DeviceEvents } from "./raw-device.js";
import { type Killed, percentile, Recoveries } from "./recoveries.js";
import type { Speaker } from "./speaker.js";

describe("how long it takes after a kill until a device is served again", () => {
  let nowMs: number;
  let ann: DeviceEvents;
  let recoveries: Recoveries;
  beforeEach(() => {
    nowMs = 1000;
    const watched: DeviceEvents[] = [];
    const names = ["ann", "bob"];
    const speakers = names.map((name) => ({
      name,
      watch: (one: DeviceEvents) => watched.push(one),
    }));
    recoveries = new Recoveries(speakers as unknown as Speaker[], () => nowMs);
    [ann] = watched as [DeviceEvents];
  });

  /** Each event comes 100 ms after the one before. */
  const happens = (...events: (keyof DeviceEvents)[]) => {
    for (const event of events) {
      nowMs += 100;
      ann[event]();
    }
  };
  const sample = (killed: Killed) => recoveries.samples.get(killed);

  it("counts from the kill until the last of what must be seen", () => {
    recoveries.killed("session");
    recoveries.serves();
    happens("shown", "shown", "shown", "acknowledged");
    assert.deepEqual(sample("session"), [400]);
    assert.deepEqual(recoveries.waiting, ["bob"]);
    happens("shown", "acknowledged");
    assert.deepEqual(sample("session"), [400], "once");
  });

  it("does not count what a process said before it died", () => {
    recoveries.killed("session");
    happens("acknowledged", "shown");
    recoveries.serves();
    happens("shown");
    assert.equal(sample("session"), undefined);
    happens("acknowledged");
    assert.deepEqual(sample("session"), [400]);
  });

  it("leaves out who was connected to another gateway, and waits for nobody else", () => {
    recoveries.killed("gateway");
    happens("acknowledged", "shown");
    assert.deepEqual(recoveries.waiting, []);
    happens("cutOff");
    assert.deepEqual(recoveries.waiting, ["ann"]);
  });

  for (const killed of ["gateway", "all gateways", "all"] as const) {
    it(`wants whoever was cut off to catch up first (${killed})`, () => {
      recoveries.killed(killed);
      happens("acknowledged", "shown", "cutOff");
      recoveries.serves();
      happens("acknowledged", "shown");
      assert.equal(sample(killed), undefined);
      happens("caughtUp", "acknowledged", "shown");
      assert.deepEqual(sample(killed), [800]);
    });
  }

  it("begins anew for a device that is cut off once more", () => {
    recoveries.killed("gateway");
    happens("cutOff", "caughtUp", "acknowledged", "cutOff", "shown", "caughtUp", "shown");
    assert.equal(sample("gateway"), undefined);
    happens("acknowledged");
    assert.deepEqual(sample("gateway"), [800]);
  });

  it("waits for nobody once it is over", () => {
    recoveries.killed("session");
    recoveries.over();
    assert.deepEqual(recoveries.waiting, []);
    happens("cutOff", "caughtUp", "acknowledged", "shown");
    assert.equal(sample("session"), undefined);
  });

  it("gives the value below which a share of the samples lies", () => {
    const samples = Array.from({ length: 200 }, (_, i) => 200 - i);
    assert.deepEqual(
      [0.5, 0.99, 1].map((share) => percentile(samples, share)),
      [101, 199, 200],
    );
    assert.equal(percentile([], 0.99), 0);
  });
});
