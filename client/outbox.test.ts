import assert from "node:assert/strict";
import { Outbox } from "./outbox.js";
import { newConversation } from "./store.js";
import { Recorder } from "./testing/recorder.js";

const ID = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";

function setUp(count: number) {
  const record = newConversation(ID);
  const outbox = new Outbox(record, []);
  const out = new Recorder();
  for (let i = 1; i <= count; i++) {
    const item = { conversation: ID, clientMessageId: `m${i}`, text: "x", queuedAtUnixMs: 0 };
    outbox.add(item, 0, out);
  }
  /** What goes out at `now`, as id:number, with a star for what is automatic. */
  const flush = (now: number): string[] => {
    const sent: string[] = [];
    outbox.flush(now, out, (item, automatic) => {
      sent.push(`${item.clientMessageId}:${item.number}${automatic ? "*" : ""}`);
    });
    return sent;
  };
  return { record, outbox, out, flush };
}

describe("an outbox", () => {
  it("gives numbers in order at the first transmission, and stores them first", () => {
    const { flush, out } = setUp(2);
    assert.deepEqual(flush(0), ["m1:1", "m2:2"]);
    const numbers = out.writes.map((write) =>
      write.kind === "outbox-put" ? write.item.number : 0,
    );
    assert.deepEqual(numbers, [0, 0, 1, 2]);
  });

  it("keeps the numbers of unanswered sends within 16, even when later ones are answered", () => {
    const { outbox, out, flush } = setUp(40);
    assert.equal(flush(0).length, 16);
    outbox.settle("m2", 0, out);
    assert.deepEqual(flush(0), []);
    outbox.settle("m1", 0, out);
    assert.deepEqual(flush(0), ["m17:17", "m18:18"]);
  });

  it("repeats what is unanswered after 5 s, doubling to 60 s, lowest number first", () => {
    const { outbox, flush } = setUp(2);
    flush(0);
    const repeats: number[] = [];
    for (let i = 0; i < 6; i++) {
      const at = outbox.dueAt();
      assert.deepEqual(flush(at - 1), []);
      assert.deepEqual(flush(at), ["m1:1*", "m2:2*"]);
      repeats.push(at);
    }
    const pauses = repeats.map((at, i) => at - (repeats[i - 1] ?? 0));
    assert.deepEqual(pauses, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it("calls automatic what first goes out long after the user sent it: it is no sign of him", () => {
    const { outbox, out, flush } = setUp(18);
    assert.equal(flush(15_000).at(-1), "m16:16");
    outbox.settle("m1", 15_000, out);
    assert.deepEqual(flush(15_001), ["m17:17*"]);
    const item = { conversation: ID, clientMessageId: "now", text: "x", queuedAtUnixMs: 0 };
    outbox.add(item, 3 * 3_600_000, out);
    for (let i = 2; i < 18; i++) outbox.settle(`m${i}`, 3 * 3_600_000, out);
    assert.deepEqual(flush(3 * 3_600_000), ["m18:18*", "now:19"]);
  });

  it("sends everything unanswered again on a new connection", () => {
    const { outbox, flush } = setUp(2);
    flush(0);
    outbox.attach();
    assert.deepEqual(flush(1), ["m1:1*", "m2:2*"]);
  });

  it("sends again from the number the server waits for, once per second", () => {
    const { outbox, out, flush } = setUp(3);
    flush(0);
    outbox.settle("m1", 0, out);
    outbox.outOfOrder(2, 10);
    assert.deepEqual(flush(10), ["m2:2*", "m3:3*"]);
    outbox.outOfOrder(2, 20);
    assert.deepEqual(flush(20), []);
    outbox.outOfOrder(2, 1_010);
    assert.deepEqual(flush(1_010), ["m2:2*", "m3:3*"]);
  });

  it("ignores OutOfOrder for a number that has its final answer", () => {
    const { outbox, out, flush } = setUp(3);
    flush(0);
    outbox.settle("m2", 0, out);
    outbox.outOfOrder(1, 10);
    outbox.outOfOrder(2, 10);
    assert.deepEqual(flush(10), []);
  });

  it("moves the numbers behind a free rejection down by one and sends them again", () => {
    const { record, outbox, out, flush } = setUp(3);
    flush(0);
    outbox.settleFree("m1", 0, out);
    assert.deepEqual(flush(0), ["m2:1*", "m3:2*"]);
    assert.equal(record.lastNumber, 2);
    // The server's OutOfOrder{1} for the old numbers is under way: one repeat is enough.
    outbox.outOfOrder(1, 10);
    assert.deepEqual(flush(10), []);
  });

  it("keeps the numbers behind a rejection that used its number up", () => {
    const { outbox, out, flush } = setUp(2);
    flush(0);
    outbox.settle("m1", 0, out);
    outbox.attach();
    assert.deepEqual(flush(0), ["m2:2*"]);
  });

  it("holds everything from a busy message on until the delay is over", () => {
    const { outbox, flush } = setUp(3);
    flush(0);
    outbox.busy("m2", 700, 100);
    assert.deepEqual(flush(799), []);
    assert.equal(outbox.dueAt(), 800);
    assert.deepEqual(flush(800), ["m2:2*", "m3:3*"]);
  });

  it("continues after a restart with the numbers it stored", () => {
    const record = { ...newConversation(ID), lastNumber: 4 };
    const base = { conversation: ID, text: "x", queuedAtUnixMs: 0 };
    const items = [
      { ...base, order: 1, clientMessageId: "m4", number: 4 },
      { ...base, order: 2, clientMessageId: "m5", number: 0 },
    ];
    const outbox = new Outbox(record, items);
    const sent: string[] = [];
    outbox.flush(0, new Recorder(), (item, automatic) => sent.push(`${item.number} ${automatic}`));
    // That the user sent the one without a number is long ago, too.
    assert.deepEqual(sent, ["4 true", "5 true"]);
  });
});
