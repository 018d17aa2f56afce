import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../lib/limits.js";
import { type Cursors, newCursor, raise } from "./cursors.js";
import { minimumOf } from "./minimum.js";
import { type FlushRow, NEWEST_SEGMENT } from "./store.js";
import { advanceOf, FakeLink } from "./testing/fake-link.js";
import { type Outcome, RowsStore } from "./testing/rows-store.js";
import { ab, ae, ann, bob, eve, receiptsOver, settled } from "./testing/setup.js";

/** What may happen, in any order. */
type Step =
  | { readonly what: "advance"; readonly pair: number; readonly d: number; readonly r: number }
  | { readonly what: "ask"; readonly pair: number }
  | { readonly what: "settle"; readonly outcome: Outcome }
  | { readonly what: "crash"; readonly outcome: Outcome }
  | { readonly what: "reads"; readonly broken: boolean }
  | { readonly what: "reopen" };

const pairs = [
  [ab, ann],
  [ab, bob],
  [ae, ann],
  [ae, eve],
] as const;
const members = new Map([
  [ab, [ann, bob]],
  [ae, [ann, eve]],
]);

/** Few distinct places, so that moves meet; some lie in later segments. */
const position = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom(limits.segmentEntries, limits.segmentEntries + 1, 3 * limits.segmentEntries),
);
const pair = fc.nat({ max: pairs.length - 1 });
const outcome = fc.constantFrom<Outcome>("written", "written", "lost", "written-but-unknown");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant("advance" as const), pair, d: position, r: position }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("ask" as const), pair }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("settle" as const), outcome }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("crash" as const), outcome }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant("reads" as const), broken: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("reopen" as const) }) },
);

/** Runs the steps against receipts and the model, which keeps the maximum of what was announced and confirmed. */
class Run {
  readonly link = new FakeLink();
  /** Highest announced and highest told, by conversation and user. */
  readonly announced = new Map<string, { d: number; r: number }>();
  readonly told = new Map<string, { d: number; r: number }>();
  readonly #heads = new Map<string, number>();
  readonly #rows: FlushRow[] = [];
  #store = new RowsStore(this.#rows);
  #boots = 0;
  #receipts = this.#boot();

  async take(step: Step): Promise<void> {
    const store = this.#store;
    if (step.what === "advance") this.announce(step.pair, step.d, step.r);
    else if (step.what === "ask") this.#ask(step.pair);
    else if (step.what === "settle") store.settle(step.outcome);
    else if (step.what === "reads") store.broken = step.broken;
    else if (step.what === "reopen") store.generation++;
    else {
      // The old process is gone, whatever its commit came to: its store and its answers reach nobody.
      store.settle(step.outcome);
      this.link.bytes();
      this.#store = new RowsStore(this.#rows);
      this.#receipts = this.#boot();
    }
    await settled();
    this.check();
  }

  announce(index: number, d: number, r: number): void {
    const [conversation, user] = pairs[index] as (typeof pairs)[number];
    const known = this.announced.get(conversation + user) ?? { d: 0, r: 0 };
    const next = { d: Math.max(known.d, d, r), r: Math.max(known.r, r) };
    this.announced.set(conversation + user, next);
    const head = Math.max(this.#heads.get(conversation) ?? 0, d, r);
    this.#heads.set(conversation, head);
    const fields = { conversation, user, delivered: d, read: r, head };
    this.#receipts.advance(advanceOf(fields), this.link);
    this.#receipts.kick();
  }

  /** Everything that was said is exactly what the store holds, and never less than what was said before. */
  check(): void {
    for (const frame of this.link.frames()) {
      assert(frame.$case === "confirmed" || frame.$case === "cursors");
      const { value } = frame;
      const [, asked] = frame.$case === "cursors" ? this.#pairOf(frame.value.request) : ["", ""];
      const user = frame.$case === "confirmed" ? frame.value.user : asked;
      const durable = this.#store.durable(value.conversation);
      const cursor = durable.get(user) ?? newCursor(user);
      assert.deepEqual([value.delivered, value.read], [cursor.delivered, cursor.read]);
      const all = members.get(value.conversation) ?? [];
      assert.deepEqual(value.deliveredMinimum, minimumOf("delivered", all, durable));
      assert.deepEqual(value.readMinimum, minimumOf("read", all, durable));
      const known = this.told.get(value.conversation + user) ?? { d: 0, r: 0 };
      assert(value.delivered >= known.d && value.read >= known.r, "a cursor went back");
      this.told.set(value.conversation + user, { d: value.delivered, r: value.read });
    }
  }

  /** The owners announce again all that is not confirmed, to a store that works. */
  async end(): Promise<void> {
    this.#store.settle("lost");
    this.#store.broken = false;
    await settled();
    this.#store.settle("lost");
    await settled();
    this.link.bytes();
    pairs.forEach(([conversation, user], index) => {
      const known = this.announced.get(conversation + user);
      if (known) this.announce(index, known.d, known.r);
    });
    while (this.#receipts.pending > 0) {
      await settled();
      this.check();
      this.#store.settle("written");
      await settled();
    }
    this.check();
    for (const [key, value] of this.announced) assert.deepEqual(this.told.get(key), value);
    for (const conversation of members.keys()) {
      const tail = await this.#store.readTail(conversation, NEWEST_SEGMENT);
      const cursors: Cursors = new Map();
      for (const row of tail) {
        for (const move of row.moves) {
          const cursor = cursors.get(move.user) ?? newCursor(move.user);
          raise(cursor, move);
          cursors.set(move.user, cursor);
        }
      }
      assert.deepEqual(cursors, this.#store.durable(conversation), "the tail holds every cursor");
    }
  }

  #ask(index: number): void {
    const [conversation, user] = this.#pairOf(index);
    const head = this.#heads.get(conversation) ?? 0;
    this.#receipts.ask({ request: index, conversation, user, head, members: [] }, this.link);
    this.#receipts.kick();
  }

  #pairOf(index: number): (typeof pairs)[number] {
    return pairs[index] as (typeof pairs)[number];
  }

  #boot() {
    this.#store.hold = true;
    return receiptsOver(this.#store, { writer: `bt_${++this.#boots}` }).receipts;
  }
}

describe("receipts against a model that keeps the maximum", () => {
  it("say only what is durable, never go back, and lose nothing that is announced again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const run = new Run();
        for (const step of steps) await run.take(step);
        await run.end();
      }),
      { numRuns: 200 },
    );
  });
});
