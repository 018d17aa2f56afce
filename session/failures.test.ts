import assert from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { directId, newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { changed } from "./testing/changed-store.js";
import { startPair } from "./testing/pair.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

type Fault = "none" | "applied" | "refused" | "fenced" | "silent";

interface Faulty {
  now: Fault;
  /** Answers the commit that is held back, the way that is set now. */
  speak?: () => void;
}

/** A store whose commits fail as the test says; while it is silent they are held back. */
function faulty(fault: Faulty) {
  return changed((store) => ({
    commit: async (lease, records) => {
      if (fault.now === "silent") {
        await new Promise<void>((resolve) => {
          fault.speak = resolve;
        });
        if ((fault as Faulty).now === "applied") await store.commit(lease, records);
        throw new Error("nobody knows, after a long time");
      }
      if (fault.now === "fenced") return "fenced";
      if (fault.now === "refused") throw new Error("not written");
      const outcome = await store.commit(lease, records);
      if (fault.now === "applied") throw new Error("written, but nobody knows");
      return outcome;
    },
  }));
}

describe("the session service when its store fails", () => {
  const fault: Faulty = { now: "none" };
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let chat: string;

  beforeEach(async () => {
    fault.now = "none";
    ({ rig, a, b, chat } = await startPair({ wrap: faulty(fault) }));
  });

  afterEach(() => rig.stop());

  for (const kind of ["applied", "refused", "fenced"] as const) {
    it(`acknowledges nothing when a commit is ${kind}, and stores a repeated send once`, async () => {
      a.send(chat, 1);
      await rig.until(() => b.seqs.length === 1);
      b.ack(chat, 1);
      fault.now = kind;
      const id = a.send(chat, 2, "again");
      await rig.until(() => a.last("busy") !== undefined);
      assert.equal(a.last("busy")?.clientMessageId, id);
      assert.equal(a.all("sent").length, 1);
      assert.deepEqual(b.seqs, [1]);
      fault.now = "none";
      rig.clock.advance(2_000);
      await rig.settle();
      a.send(chat, 2, "again", id);
      await rig.until(() => a.all("sent").length === 2);
      assert.equal(a.last("sent")?.seq, 2);
      await rig.until(() => b.seqs.includes(2));
      a.say({
        $case: "fetchHistory",
        value: { request: 1, conversation: chat, before: 0, limit: 0 },
      });
      await rig.until(() => a.last("history") !== undefined);
      assert.equal(a.last("history")?.entries.length, 2);
    });
  }

  for (const late of ["applied", "refused"] as const) {
    it(`gives a send one outcome when its commit answers late and not clearly: ${late}`, async () => {
      a.send(chat, 1);
      await rig.until(() => b.seqs.length === 1);
      Object.assign(fault, { now: "silent", speak: undefined });
      const id = a.send(chat, 2, "again");
      await rig.until(() => fault.speak !== undefined);
      // Repeated while nobody knows: no second entry, no answer.
      a.send(chat, 2, "again", id);
      rig.clock.advance(60_000);
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(a.all("sent").length, 1);
      fault.now = late;
      fault.speak?.();
      await rig.settle();
      fault.now = "none";
      rig.clock.advance(2_000);
      await rig.settle();
      for (let i = 0; i < 2; i++) {
        const answers = a.all("sent").length;
        a.send(chat, 2, "again", id);
        await rig.until(() => a.all("sent").length > answers);
      }
      const seqs = a.all("sent").filter(({ clientMessageId }) => clientMessageId === id);
      assert.deepEqual([...new Set(seqs.map(({ seq }) => seq))], [2]);
      a.send(chat, 3);
      await rig.until(() => a.last("sent")?.seq === 3);
    });
  }

  it("answers Busy while a shard has no owner", async () => {
    fault.now = "refused";
    a.send(chat, 1);
    await rig.until(() => a.last("busy") !== undefined);
    a.received.length = 0;
    a.send(chat, 1);
    await rig.until(() => a.last("busy") !== undefined);
    assert.equal(a.last("sent"), undefined);
  });

  it("pushes what turned out to be durable once the shard is taken over again", async () => {
    fault.now = "applied";
    a.send(chat, 1);
    await rig.until(() => a.last("busy") !== undefined);
    fault.now = "none";
    assert.deepEqual(b.seqs, []);
    rig.clock.advance(2_000);
    await rig.until(() => b.seqs.length > 0);
    assert.deepEqual(b.seqs, [1]);
  });
});

describe("the session service over a restart", () => {
  it("knows every acknowledged message, every send and every cursor again", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    let rig = await Rig.start({ kv });
    let a = rig.device(newId("us")).attach();
    let b = rig.device(newId("us")).attach();
    const chat = directId(a.user, b.user);
    await rig.settle();
    const id = a.send(chat, 1, "one");
    a.send(chat, 2, "two");
    await rig.until(() => b.seqs.length === 2);
    b.ack(chat, 1);
    await rig.settle();
    await rig.stop();

    const { user, device } = b;
    const sender = { user: a.user, device: a.device };
    rig = await Rig.start({ kv });
    a = Object.assign(rig.device(sender.user), { device: sender.device }).attach();
    b = Object.assign(rig.device(user), { device }).attach();
    await rig.until(() => b.seqs.length === 1);
    assert.deepEqual(b.seqs, [2]);
    a.send(chat, 1, "one", id);
    await rig.until(() => a.last("sent")?.seq === 1);
    a.send(chat, 3, "three");
    await rig.until(() => a.last("sent")?.seq === 3);
    await rig.stop();
  });

  it("closes the conversations that were open when it died", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    const first = await Rig.start({ kv });
    const a = first.device(newId("us")).attach();
    const chat = directId(a.user, newId("us"));
    a.send(chat, 1);
    await first.until(() => a.last("sent") !== undefined);
    const second = await Rig.start({ kv });
    const read = () => second.store.listUserConversations(a.user, "", 10);
    assert.equal((await read())[0]?.open, true);
    for (let i = 0; i < 70; i++) {
      second.clock.advance(1_000);
      await second.settle();
    }
    assert.deepEqual(await read(), [{ conversation: chat, open: false, seq: 1 }]);
    assert.equal(second.service.conversations.loaded.get(chat)?.open, false);
    await second.stop();
  });

  it("announces to receipts what was acknowledged and not confirmed before", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    let rig = await Rig.start({ kv });
    const a = rig.device(newId("us")).attach();
    const b = rig.device(newId("us")).attach();
    const chat = directId(a.user, b.user);
    await rig.settle();
    rig.receipts.deaf = true;
    a.send(chat, 1);
    await rig.until(() => b.seqs.length === 1);
    b.ack(chat, 1);
    await rig.settle();
    await rig.stop();
    rig = await Rig.start({ kv });
    Object.assign(rig.device(b.user), { device: b.device }).attach();
    await rig.until(() => rig.receipts.of(chat, b.user).delivered === 1);
    await rig.stop();
  });

  it("stores a cursor again when receipts confirms it after all", async () => {
    const rig = await Rig.start();
    const a = rig.device(newId("us")).attach();
    const b = rig.device(newId("us")).attach();
    const chat = directId(a.user, b.user);
    await rig.settle();
    rig.receipts.deaf = true;
    a.send(chat, 1);
    await rig.until(() => b.seqs.length === 1);
    b.ack(chat, 1);
    await rig.settle();
    const stored = async () => (await rig.store.readCursors(b.user, b.device, [chat])).get(chat);
    rig.clock.advance(30_000);
    while ((await stored())?.cursor !== 1) await rig.settle();
    assert.equal((await stored())?.confirmed, 0);
    rig.receipts.deaf = false;
    rig.clock.advance(15_000);
    await rig.settle();
    rig.clock.advance(30_000);
    while ((await stored())?.confirmed !== 1) await rig.settle();
    await rig.stop();
  });
});
