import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../lib/limits.js";
import { FULL_EVERY } from "./conversation.js";
import { readCursors } from "./history.js";
import { type FlushRow, NEWEST_SEGMENT } from "./store.js";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ann, bob, receiptsOver, settled } from "./testing/setup.js";

type Step = "ann" | "bob" | "settle" | "next segment" | "hand over" | "late";

const step = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom<Step>("ann", "bob") },
  { weight: 40, arbitrary: fc.constant<Step>("settle") },
  { weight: 1, arbitrary: fc.constantFrom<Step>("next segment", "hand over", "late") },
);

/** One process: its view of the store that all share, and the link on which it answers. */
class Instance {
  readonly store: RowsStore;
  readonly link = new FakeLink();
  readonly core;

  constructor(rows: FlushRow[], writer: string) {
    this.store = new RowsStore(rows, false);
    this.store.hold = true;
    this.core = receiptsOver(this.store, { writer });
  }
}

/** A conversation whose instance changes, as its owner sees it: only the present one is believed. */
class HandOvers {
  readonly rows: FlushRow[] = [];
  readonly believed = new Map<string, number>();
  #now = new Instance(this.rows, "bt_0");
  #before: Instance | undefined;
  #boots = 0;
  #head = 0;

  async take(step: Step): Promise<void> {
    if (step === "settle") this.#now.store.settle("written");
    else if (step === "late") this.#before?.store.settle("written");
    else if (step === "next segment") this.#head += limits.segmentEntries;
    else if (step === "hand over") {
      this.#before?.store.settle("lost");
      this.#before = this.#now;
      this.#now = new Instance(this.rows, `bt_${++this.#boots}`);
    } else {
      const user = step === "ann" ? ann : bob;
      const fields = { conversation: ab, user, delivered: ++this.#head };
      this.#now.core.receipts.advance(advanceOf(fields), this.#now.link);
      this.#now.core.receipts.kick();
    }
    await settled();
    for (const { user, delivered } of this.#now.link.confirmed()) {
      assert(delivered >= (this.believed.get(user) ?? 0), "a cursor went back");
      this.believed.set(user, delivered);
    }
  }

  /** A new instance finds at least what was believed. */
  async check(): Promise<void> {
    const cursors = await readCursors(new RowsStore(this.rows), ab, NEWEST_SEGMENT);
    for (const [user, delivered] of this.believed) {
      assert((cursors.get(user)?.delivered ?? 0) >= delivered, "a confirmed cursor was lost");
    }
  }
}

describe("receipts with several writers", () => {
  it("lose nothing that was confirmed when instances follow each other, and one is late", async () => {
    const steps = fc.array(step, { minLength: 4 * FULL_EVERY, maxLength: 10 * FULL_EVERY });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const run = new HandOvers();
        for (const [index, step] of list.entries()) {
          await run.take(step);
          if (index % 16 === 0) await run.check();
        }
        await run.check();
      }),
      { numRuns: 20 },
    );
  });

  it("read before a full row what another one wrote, and put it in", async () => {
    const rows: FlushRow[] = [];
    const first = new Instance(rows, "bt_1");
    const second = new Instance(rows, "bt_2");
    first.store.hold = second.store.hold = false;
    for (let seq = 1; seq < FULL_EVERY; seq++) await deliver(first, ann, seq);
    await deliver(second, bob, FULL_EVERY - 1);
    const { reads } = first.store;
    await deliver(first, ann, FULL_EVERY);
    assert.equal(first.store.reads, reads);
    await deliver(first, ann, FULL_EVERY + 1);
    assert.equal(first.store.reads, reads + 1);
    const last = rows.at(-1);
    assert.equal(last?.full, true);
    assert.deepEqual(
      last?.moves.map(({ user, delivered }) => [user, delivered]),
      [
        [ann, FULL_EVERY + 1],
        [bob, FULL_EVERY - 1],
      ],
    );
  });

  async function deliver(instance: Instance, user: string, delivered: number): Promise<void> {
    const { core, link } = instance;
    core.receipts.advance(advanceOf({ conversation: ab, user, delivered }), link);
    core.receipts.kick();
    await settled();
  }
});
