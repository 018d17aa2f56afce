import assert from "node:assert/strict";
import { NackReason } from "../gen/chat/client/v1/delivery.js";
import { systemClock } from "../lib/clock.js";
import { newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { silentLogger } from "../lib/log.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import { openLevel } from "../lib/store/level.js";
import { changed, gate } from "./testing/changed-store.js";
import { startPair } from "./testing/pair.js";
import { type FakeDevice, Rig, type RigOptions } from "./testing/rig.js";

describe("an entry that a device refuses", () => {
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let chat: string;

  async function start(options: RigOptions = {}): Promise<void> {
    ({ rig, a, b, chat } = await startPair(options));
  }

  beforeEach(() => start());
  afterEach(() => rig.stop());

  function nack(seq: number, device = b): void {
    const reason = NackReason.APPLICATION;
    device.say({ $case: "nack", value: { conversation: chat, seq, reason } });
  }

  async function seconds(count: number): Promise<void> {
    for (let second = 0; second < count; second++) {
      rig.clock.advance(1_000);
      await rig.settle();
    }
  }

  async function sendAll(count: number): Promise<void> {
    for (let number = 1; number <= count; number++) a.send(chat, number);
    await rig.settle();
  }

  /** Refuses an entry until it is parked. */
  async function park(seq: number, device = b): Promise<void> {
    for (let times = 0; times < limits.nacksMax; times++) {
      nack(seq, device);
      await rig.settle();
      if (times < limits.nacksMax - 1) await seconds(1);
    }
  }

  const letters = () =>
    rig.store.listDeadLetters({ conversation: undefined, after: undefined, limit: 100 });

  const placeholders = (device = b) => device.all("placeholder").map(({ seq }) => seq);

  it("comes again a second later, alone until it is taken", async () => {
    await sendAll(3);
    b.received.length = 0;
    nack(1);
    await rig.settle();
    assert.deepEqual(b.seqs, []);
    a.send(chat, 4);
    await rig.settle();
    b.say({ $case: "resync", value: { conversation: chat, last: 0 } });
    await rig.settle();
    assert.deepEqual(b.seqs, []);
    await seconds(1);
    assert.deepEqual(b.seqs, [1, 2, 3, 4]);
    b.ack(chat, 4);
    await seconds(90);
    assert.deepEqual(b.seqs, [1, 2, 3, 4]);
    assert.deepEqual(await letters(), []);
  });

  it("is parked at the third refusal: a placeholder comes in its place, and the rest", async () => {
    await sendAll(3);
    b.ack(chat, 1);
    await rig.settle();
    await park(2);
    assert.deepEqual(placeholders(), [2]);
    const { reason, after, sender } = b.last("placeholder") ?? {};
    assert.deepEqual([reason, after, sender], [NackReason.APPLICATION, 1, a.user]);
    assert.equal(b.last("deliver")?.entry?.seq, 3);
    assert.equal(b.last("deliver")?.after, 2);
    const [letter] = await letters();
    assert.deepEqual(
      [letter?.seq, letter?.device, letter?.user, letter?.sender, letter?.nacks, letter?.unseen],
      [2, b.device, b.user, a.user, 3, true],
    );
    assert.ok((letter?.firstAtUnixMs ?? 0) < (letter?.lastAtUnixMs ?? 0));
    b.ack(chat, 3);
    await seconds(90);
    assert.deepEqual(placeholders(), [2]);
  });

  it("is parked for that device only", async () => {
    const tablet = rig.device(b.user).attach();
    await rig.settle();
    await sendAll(2);
    await park(1);
    assert.deepEqual([placeholders(), placeholders(tablet), tablet.seqs], [[1], [], [1, 2]]);
  });

  it("says by this that the device has all before it", async () => {
    await sendAll(3);
    nack(3);
    await rig.settle();
    assert.equal(rig.receipts.of(chat, b.user).delivered, 2);
  });

  it("is not parked faster by refusing it more often, or before it came again", async () => {
    await sendAll(2);
    for (let times = 0; times < 20; times++) nack(1);
    await rig.settle();
    assert.deepEqual([placeholders(), await letters()], [[], []]);
  });

  it("is not refused when it was never pushed, does not exist, or is not the device's", async () => {
    await sendAll(1);
    const c = rig.device(newId("us")).attach();
    await rig.settle();
    for (let times = 0; times < 5; times++) {
      nack(2);
      nack(9);
      nack(1, c);
      await seconds(1);
    }
    b.ack(chat, 1);
    nack(1);
    await seconds(3);
    assert.deepEqual(await letters(), []);
    assert.deepEqual(rig.receipts.of(chat, b.user).delivered, 1);
  });

  it("is taken after all when it works at the second try", async () => {
    await sendAll(1);
    nack(1);
    await rig.settle();
    await seconds(1);
    b.ack(chat, 1);
    a.send(chat, 2);
    await rig.settle();
    nack(2);
    await rig.settle();
    assert.deepEqual([placeholders(), await letters()], [[], []]);
  });

  it("is a placeholder only when that is durable", async () => {
    await rig.stop();
    const held = gate();
    let hold = false;
    await start({
      wrap: changed((store) => ({
        commit: async (lease, records) => {
          if (hold && records.some(({ kind }) => kind === "parked")) await held.opened;
          return store.commit(lease, records);
        },
      })),
    });
    await sendAll(1);
    for (let times = 1; times < limits.nacksMax; times++) {
      nack(1);
      await rig.settle();
      await seconds(1);
    }
    hold = true;
    nack(1);
    await rig.until(() => rig.service.shards.some((shard) => !shard.quiet));
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(placeholders(), []);
    held.open();
    await rig.until(() => placeholders().length === 1);
  });

  it("stays parked over a restart, also for a device that asks from further back", async () => {
    await rig.stop();
    const level = { directory: "memory", log: silentLogger, clock: systemClock };
    const kv: KeyValueStore = await openLevel(level);
    await start({ kv });
    await sendAll(3);
    await park(2);
    b.ack(chat, 3);
    await rig.settle();
    const { user, device } = b;
    await rig.stop();
    rig = await Rig.start({ kv });
    b = Object.assign(rig.device(user), { device }).attach();
    await rig.settle();
    b.say({ $case: "resync", value: { conversation: chat, last: 0 } });
    await rig.until(() => b.seqs.length === 2);
    assert.deepEqual([b.seqs, placeholders()], [[1, 3], [2]]);
  });

  it("waits, and everything behind it, when too much is parked for its user", async () => {
    await sendAll(limits.parkedPerUserMax + 1);
    for (let seq = 1; seq <= limits.parkedPerUserMax; seq++) {
      rig.roster(a, b);
      b.ack(chat, seq - 1);
      await park(seq);
    }
    b.ack(chat, limits.parkedPerUserMax);
    await rig.settle();
    const last = limits.parkedPerUserMax + 1;
    await park(last);
    assert.equal((await letters()).length, limits.parkedPerUserMax);
    assert.equal(placeholders().includes(last), false);
    b.received.length = 0;
    await seconds(30);
    rig.roster(a, b);
    await seconds(limits.probeMaxMs / 1_000 - 31);
    assert.deepEqual(b.seqs, []);
    await seconds(1);
    assert.deepEqual(b.seqs, [last]);
  });
});

describe("ticks and an entry that is parked", () => {
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let tablet: FakeDevice;
  let chat: string;

  beforeEach(async () => {
    ({ rig, a, b, chat } = await startPair());
    tablet = rig.device(b.user);
    a.send(chat, 1);
    a.send(chat, 2);
    await rig.settle();
  });

  afterEach(() => rig.stop());

  async function park(seq: number): Promise<void> {
    for (let times = 0; times < limits.nacksMax; times++) {
      const reason = NackReason.UNDECODABLE;
      b.say({ $case: "nack", value: { conversation: chat, seq, reason } });
      await rig.settle();
      rig.clock.advance(1_000);
      await rig.settle();
    }
  }

  it("give the author those behind it, and not its own", async () => {
    await park(1);
    b.read(chat, 2);
    await rig.settle();
    const told = a.last("receipt");
    assert.deepEqual([told?.delivered, told?.read, told?.except], [2, 2, [1]]);
    assert.deepEqual(b.last("receipt")?.except, []);
    a.say({ $case: "getMessageInfo", value: { request: 7, conversation: chat, seq: 1 } });
    await rig.until(() => a.last("messageInfo") !== undefined);
    const nothing = { user: b.user, deliveredAtUnixMs: 0, readAtUnixMs: 0 };
    assert.deepEqual(a.last("messageInfo")?.members, [nothing]);
  });

  it("never say that it did not arrive to an author who was told that it did", async () => {
    tablet.attach();
    await rig.settle();
    tablet.ack(chat, 2);
    await rig.settle();
    assert.equal(a.last("receipt")?.delivered, 2);
    await park(1);
    assert.equal(b.last("placeholder")?.seq, 1);
    b.read(chat, 2);
    await rig.settle();
    assert.equal(a.all("receipt").filter(({ except }) => except.length > 0).length, 0);
  });

  it("wait for what receipts knows before anything is parked", async () => {
    tablet.attach();
    await rig.settle();
    tablet.ack(chat, 2);
    await rig.settle();
    // As after a cold load: the owner knows of no cursor.
    const member = rig.service.conversations.loaded.get(chat)?.member(b.user);
    Object.assign(member ?? {}, { delivered: 0, confirmedDelivered: 0, known: false });
    rig.receipts.deaf = true;
    await park(1);
    assert.equal(b.last("placeholder"), undefined);
    rig.receipts.deaf = false;
    await park(1);
    assert.equal(b.last("placeholder")?.seq, 1);
    b.read(chat, 2);
    await rig.settle();
    assert.deepEqual(a.last("receipt")?.except, []);
  });
});
