import assert from "node:assert/strict";
import fc from "fast-check";
import { systemClock } from "../lib/clock.js";
import { directId, newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { Rig } from "./testing/rig.js";

/** Who sends how much, and whether the service is killed afterwards. */
const steps = fc.array(
  fc.record({
    who: fc.nat({ max: 2 }),
    count: fc.integer({ min: 1, max: 12 }),
    bytes: fc.constantFrom(3, 3, 3, 9_000),
    restart: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

describe("the last sends of devices", () => {
  it("are known after any restarts, though they are not stored with each message", async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(steps, (plan) => play(plan)),
      { numRuns: 25 },
    );
  });
});

async function play(
  plan: readonly { who: number; count: number; bytes: number; restart: boolean }[],
) {
  const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
  let rig = await Rig.start({ kv });
  const [x, y] = [newId("us"), newId("us")];
  const chat = directId(x, y);
  const senders = [x, y, x].map((user) => ({
    user,
    device: newId("dv"),
    sent: [] as { id: string; text: string; seq: number }[],
  }));
  const attach = () =>
    senders.map(({ user, device }) => Object.assign(rig.device(user), { device }).attach());
  let devices = attach();
  for (const { who, count, bytes, restart } of plan) {
    const [device, sender] = [devices[who], senders[who]];
    assert.ok(device && sender);
    for (let i = 0; i < count; i++) {
      const text = "x".repeat(bytes + i);
      const id = device.send(chat, sender.sent.length + 1, text);
      await rig.until(() => device.last("sent")?.clientMessageId === id);
      sender.sent.push({ id, text, seq: device.last("sent")?.seq ?? 0 });
    }
    if (!restart) continue;
    // As a kill: nothing is flushed, the store alone is left.
    rig = await Rig.start({ kv });
    devices = attach();
  }
  rig = await Rig.start({ kv });
  devices = attach();
  for (const [i, { sent }] of senders.entries()) {
    const device = devices[i];
    assert.ok(device);
    const first = Math.max(0, sent.length - limits.sendsInFlightMax);
    for (const [at, { id, text, seq }] of sent.entries()) {
      if (at < first) continue;
      device.send(chat, at + 1, text, id);
      await rig.until(() => device.last("sent")?.clientMessageId === id);
      assert.equal(device.last("sent")?.seq, seq);
    }
  }
  await rig.stop();
}
