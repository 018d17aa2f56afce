import assert from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { directId, newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { memoryEngine } from "../lib/store/engine.js";
import { faultyEngine } from "../lib/store/faults.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import { openLevel } from "../lib/store/level.js";
import { creation, GROUP } from "./testing/group-rig.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

/** A group of so many, each with one connected device that has its first entry. */
async function groupOf(size: number, kv?: KeyValueStore) {
  const rig = await Rig.start(kv && { kv });
  const users = Array.from({ length: size }, () => newId("us"));
  const devices = users.map((user) => rig.device(user).attach());
  const { user, ...made } = creation(users);
  await rig.service.changes.propose({ ...made, user: users[0] as string });
  await rig.settle();
  for (const device of devices) device.ack(GROUP, 1);
  await rig.settle();
  return { rig, devices: devices as [FakeDevice, FakeDevice, ...FakeDevice[]] };
}

/** A store that says how many rows were put, and how many batches were synced. */
async function countedStore() {
  const engine = faultyEngine(memoryEngine());
  const level = { directory: "memory", log: silentLogger, clock: systemClock, open: engine.open };
  const kv = await openLevel(level);
  const counts = { rows: 0 };
  const counted: KeyValueStore = {
    get generation() {
      return kv.generation;
    },
    get: (key) => kv.get(key),
    range: (options) => kv.range(options),
    write: (fill) =>
      kv.write((batch) =>
        fill({
          put(key, value, tail) {
            counts.rows++;
            batch.put(key, value, tail);
          },
          del: (key) => batch.del(key),
        }),
      ),
    close: () => kv.close(),
  };
  return { kv: counted, now: () => ({ rows: counts.rows, syncs: engine.batches }) };
}

describe("a message of a group", () => {
  it("is one durable append before its tick, one row, however many members there are", async () => {
    for (const size of [3, 40, 256, 1_000]) {
      const store = await countedStore();
      const { rig, devices } = await groupOf(size, store.kv);
      const [ann] = devices;
      const before = store.now();
      ann.send(GROUP, 1);
      await rig.until(() => ann.all("sent").length === 1);
      const { rows, syncs } = store.now();
      assert.deepEqual([rows - before.rows, syncs - before.syncs], [1, 1], `${size} members`);
      await rig.stop();
    }
  });

  it("that wakes a quiet group is one append, too, with a row or two for each member", async () => {
    const perMember: number[] = [];
    for (const size of [10, 100]) {
      const store = await countedStore();
      const { rig, devices } = await groupOf(size, store.kv);
      const [ann] = devices;
      rig.clock.advance(61_000);
      await rig.settle();
      const before = store.now();
      ann.send(GROUP, 1);
      await rig.until(() => ann.all("sent").length === 1);
      const { rows, syncs } = store.now();
      assert.equal(syncs - before.syncs, 1);
      perMember.push((rows - before.rows) / size);
      await rig.stop();
    }
    for (const rows of perMember) assert.ok(rows > 0.9 && rows < 2.5, `${rows} rows per member`);
  });
});

describe("a hot group", () => {
  const AUTHORS = 30;
  const EACH = 16;

  it("takes its turns: 1:1 messages of the same owner get theirs between a few entries of it", async () => {
    const { rig, devices } = await groupOf(256);
    const [x, y] = [rig.device(newId("us")).attach(), rig.device(newId("us")).attach()];
    const direct = directId(x.user, y.user);
    x.send(direct, 1);
    await rig.settle();
    y.ack(direct, 1);
    await rig.settle();

    for (const author of devices.slice(0, AUTHORS)) {
      for (let number = 1; number <= EACH; number++) author.send(GROUP, number);
    }
    const reader = devices.at(-1) as FakeDevice;
    // Acknowledges what it gets, so that its window stays open and it gets all.
    const handedOut = () => {
      const seq = reader.last("deliver")?.entry?.seq ?? 0;
      reader.ack(GROUP, seq);
      return seq - 1;
    };
    const between: number[] = [];
    for (let number = 2; number <= 6; number++) {
      const before = handedOut();
      x.send(direct, number);
      await rig.until(() => {
        handedOut();
        return y.seqs.length === number && x.all("sent").length === number;
      });
      y.ack(direct, number);
      between.push(handedOut() - before);
    }
    const left = AUTHORS * EACH - handedOut();
    assert.ok(
      between.every((count) => count <= 40),
      `${between} entries of the group between`,
    );
    assert.ok(left > (AUTHORS * EACH) / 4, `${left} of the group wait still`);
    await rig.stop();
  });
});
