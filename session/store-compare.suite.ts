import assert from "node:assert/strict";
import fc from "fast-check";
import type { AttentionRecord, DeviceCursor, Lease } from "./store.js";
import { type Stage, takeOver } from "./store-rig.suite.js";

/** What a device is told that it may lack. */
export function compareTests(at: Stage): void {
  it("is all that is open, closed above its cursor or not confirmed, whatever was compared before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 40 }), async (steps) => {
        const story = new Story(at, ++run);
        await story.begin();
        for (const step of steps) await story.step(step);
      }),
      { numRuns: 20 },
    );
  });

  it("is nothing for a device without bases", async () => {
    const story = new Story(at, ++run);
    await story.begin(false);
    await story.step({ kind: "message", conversation: 0 });
    assert.deepEqual(await story.lacks(), []);
  });
}

/** Each story has a user and conversations of its own. */
let run = 0;

const conversation = fc.nat({ max: 3 });
const STEP = fc.oneof(
  fc.record({ kind: fc.constant("message" as const), conversation }),
  fc.record({ kind: fc.constant("quiet" as const), conversation }),
  fc.record({
    kind: fc.constant("cursor" as const),
    conversation,
    /** How far behind the head. */
    back: fc.nat({ max: 2 }),
    confirmed: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("compare" as const) }),
  fc.record({ kind: fc.constant("restart" as const) }),
);
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

/** One user with one device: his conversations get messages and become quiet, the device acknowledges and comes back. */
class Story {
  readonly #user: string;
  readonly #heads = new Map<string, number>();
  readonly #open = new Set<string>();
  #lease: Lease | undefined;

  constructor(
    readonly at: Stage,
    readonly id: number,
  ) {
    this.#user = `us_${id}`;
  }

  begin(based = true): Promise<void> {
    const change = {
      based: based ? (2 as const) : (0 as const),
      cursors: new Map(),
      durable: true,
    };
    return this.at.rig.store.writeDevice(this.#user, "dv_1", change);
  }

  async step(step: Step): Promise<void> {
    if (step.kind === "restart") {
      this.#lease = undefined;
      return this.at.rig.restart();
    }
    if (step.kind === "compare") return this.#compare();
    const name = `dm_${this.id}_${step.conversation}`;
    const head = this.#heads.get(name) ?? 0;
    if (step.kind === "message") {
      this.#heads.set(name, head + 1);
      if (!this.#open.has(name)) await this.#attention(name, true, head + 1);
    } else if (step.kind === "quiet") {
      if (this.#open.has(name)) await this.#attention(name, false, head);
    } else {
      const cursor = Math.max(0, head - step.back);
      const cell: DeviceCursor = { cursor, confirmed: step.confirmed ? cursor : 0, base: 0 };
      const change = { cursors: new Map([[name, cell]]), durable: true };
      await this.at.rig.store.writeDevice(this.#user, "dv_1", change);
    }
  }

  async lacks(): Promise<string[]> {
    const { lacks } = await this.at.rig.store.compareDevice(this.#user, "dv_1");
    return lacks.map((lack) => `${lack.conversation} ${lack.cursor} ${lack.confirmed}`).sort();
  }

  async #attention(name: string, open: boolean, seq: number): Promise<void> {
    if (open) this.#open.add(name);
    else this.#open.delete(name);
    const users = [{ user: this.#user, seq }];
    const record: AttentionRecord = { kind: "attention", conversation: name, open, seq, users };
    this.#lease ??= await takeOver(this.at);
    await this.at.rig.store.commit(this.#lease, [record]);
  }

  /** Against all rows of the user and of the device. */
  async #compare(): Promise<void> {
    const { store } = this.at.rig;
    const names = [...this.#heads.keys()];
    const cursors = await store.readCursors(this.#user, "dv_1", names);
    const expected: string[] = [];
    for (const name of names) {
      const { cursor, confirmed } = cursors.get(name) ?? { cursor: 0, confirmed: 0 };
      const lacks = (this.#heads.get(name) as number) > cursor || confirmed < cursor;
      if (this.#open.has(name) || lacks) expected.push(`${name} ${cursor} ${confirmed}`);
    }
    assert.deepEqual(await this.lacks(), expected.sort());
  }
}
