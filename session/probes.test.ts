import assert from "node:assert/strict";
import { limits } from "../lib/limits.js";
import { startPair } from "./testing/pair.js";
import type { FakeDevice, Rig } from "./testing/rig.js";

/** A device that handles what it got when it is told to, by the rules of the contract. */
class Reader {
  last = 0;
  #handled = 0;

  constructor(
    readonly device: FakeDevice,
    readonly chat: string,
  ) {}

  /** Everything that is under way to it is lost. */
  lose(): void {
    this.#handled = this.#pushes.length;
  }

  get #pushes() {
    return this.device.all("deliver");
  }

  /** Handles up to `count` pushes; gives how many there were. */
  handle(count = Number.POSITIVE_INFINITY): number {
    const pushes = this.#pushes.slice(this.#handled, this.#handled + count);
    this.#handled += pushes.length;
    for (const { after, entry } of pushes) {
      const seq = entry?.seq ?? 0;
      if (seq > this.last && after > this.last) {
        const value = { conversation: this.chat, last: this.last };
        this.device.say({ $case: "resync", value });
        continue;
      }
      this.last = Math.max(this.last, seq);
      this.device.ack(this.chat, this.last);
    }
    return pushes.length;
  }
}

describe("probes", () => {
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let chat: string;
  let reader: Reader;

  beforeEach(async () => {
    ({ rig, a, b, chat } = await startPair());
    reader = new Reader(b, chat);
  });

  afterEach(() => rig.stop());

  async function seconds(count: number, each: () => void = () => {}): Promise<void> {
    for (let second = 0; second < count; second++) {
      rig.clock.advance(1_000);
      await rig.settle();
      each();
      await rig.settle();
    }
  }

  async function sendAll(count: number): Promise<void> {
    for (let number = 1; number <= count; number++) a.send(chat, number);
    await rig.settle();
  }

  it("ask with the newest entry in flight, rarer each time", async () => {
    await sendAll(2);
    b.received.length = 0;
    await seconds(20);
    assert.deepEqual(b.seqs, [2, 2]);
  });

  for (const lost of [1, 2, limits.windowEntries]) {
    it(`bring ${lost} lost pushes back after one interval, with the answer to it`, async () => {
      await sendAll(lost);
      b.received.length = 0;
      await seconds(limits.probeFirstMs / 1_000);
      while (reader.handle() > 0) await rig.settle();
      assert.equal(reader.last, lost);
      const lackedSome = lost > 1 ? 1 : 0;
      assert.equal(b.seqs.length, lost + lackedSome);
    });
  }

  it("find the hole when only some of the last pushes are lost", async () => {
    await sendAll(10);
    reader.handle(4);
    reader.lose();
    await rig.settle();
    await seconds(limits.probeFirstMs / 1_000);
    while (reader.handle() > 0) await rig.settle();
    assert.equal(reader.last, 10);
    assert.deepEqual(b.seqs.slice(10), [10, 5, 6, 7, 8, 9, 10]);
  });

  it("find what is lost again on the way back", async () => {
    await sendAll(20);
    reader.lose();
    await seconds(limits.probeFirstMs / 1_000);
    reader.handle();
    await rig.settle();
    reader.handle(7);
    reader.lose();
    await rig.settle();
    await seconds(limits.probeFirstMs / 1_000);
    while (reader.handle() > 0) await rig.settle();
    assert.equal(reader.last, 20);
  });

  it("cost a device that stood still for long one entry each, and no second delivery", async () => {
    await sendAll(limits.windowEntries);
    await seconds(40);
    const probes = b.seqs.length - limits.windowEntries;
    assert.equal(probes, 3);
    while (reader.handle(1) > 0) await rig.settle();
    await seconds(120);
    assert.equal(reader.last, limits.windowEntries);
    assert.equal(b.seqs.length, limits.windowEntries + probes);
  });

  it("leave a device alone that is slow but goes on", async () => {
    await sendAll(limits.windowEntries);
    await seconds(2 * limits.windowEntries, () => reader.handle(1));
    assert.equal(reader.last, limits.windowEntries);
    assert.equal(b.seqs.length, limits.windowEntries);
  });
});
