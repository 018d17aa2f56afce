import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { limits } from "../lib/limits.js";
import { changed } from "./testing/changed-store.js";
import { ANN, BOB, CAT, creation, DAN, GROUP, proposal } from "./testing/group-rig.js";
import { Member, Sender } from "./testing/member.js";
import { Rig } from "./testing/rig.js";

/** What happens to a group of Ann, who sends and is always in it, and three who come and go. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("send"), count: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repeat"), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("change"), who: fc.nat({ max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("connect"), who: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("quiet", "restart") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail"), written: fc.boolean() }) },
);
type Step = { kind: string; count?: number; which?: number; who?: number; written?: boolean };

const plans = fc.array(fc.record({ what: step, lossy: fc.boolean(), rests: fc.boolean() }), {
  minLength: 10,
  maxLength: 50,
});

/** A store of which the next commit can be made to fail, before or after it is written. */
class Faulty {
  next: { written: boolean } | undefined;

  readonly wrap = changed((store) => ({
    commit: async (lease, records) => {
      const { next } = this;
      this.next = undefined;
      if (next?.written === false) throw new Error("nobody knows: it is not written");
      const outcome = await store.commit(lease, records);
      if (next !== undefined) throw new Error("nobody knows: it is written");
      return outcome;
    },
  }));
}

class Play {
  readonly members: Member[];
  readonly sender: Sender;
  version = 1;
  head = 1;

  private constructor(
    private rig: Rig,
    private readonly faulty: Faulty,
  ) {
    this.members = [ANN, BOB, CAT, DAN].map((user) => new Member(rig, user, GROUP));
    this.sender = new Sender(rig, ANN, GROUP);
  }

  static async start(): Promise<Play> {
    const faulty = new Faulty();
    const play = new Play(await Rig.start({ wrap: faulty.wrap }), faulty);
    for (const member of play.members) member.connect();
    play.sender.connect();
    await play.rest();
    await play.rig.service.changes.propose(creation([ANN, BOB]));
    for (const member of play.members.slice(0, 2)) member.intervals.push([1, 0]);
    await play.rest();
    return play;
  }

  async play({ kind, count = 0, which = 0, who = 0, written = false }: Step): Promise<void> {
    if (kind === "send") for (let i = 0; i < count; i++) await this.#send();
    else if (kind === "repeat") await this.#repeat(which);
    else if (kind === "change") await this.#change(this.members[who + 1] as Member);
    else if (kind === "connect") this.members[who]?.toggle();
    else if (kind === "quiet") await this.seconds(limits.attentionMs / 1_000 + 2);
    else if (kind === "restart") await this.#restart();
    else this.faulty.next = { written };
  }

  /** A message, sent until it is answered. */
  async #send(): Promise<void> {
    const sent = this.sender.next();
    while (sent.seq === 0) await this.#attempt(() => this.sender.ask(sent));
    assert.equal(sent.seq, ++this.head);
  }

  async #repeat(which: number): Promise<void> {
    const recent = this.sender.all.slice(-limits.sendsInFlightMax);
    const sent = recent[which % Math.max(1, recent.length)];
    if (sent === undefined) return;
    const { seq } = sent;
    sent.seq = 0;
    while (sent.seq === 0) await this.#attempt(() => this.sender.ask(sent));
    assert.equal(sent.seq, seq, "the same outcome");
  }

  async #attempt(ask: () => void): Promise<void> {
    ask();
    await this.rig.settle();
    this.sender.listen();
    await this.seconds(1);
  }

  async #change(member: Member): Promise<void> {
    const { isIn } = member;
    if (!isIn && member.intervals.length === limits.memberIntervalsMax) return;
    const change = proposal({
      expectedVersion: this.version,
      requestId: randomUUID(),
      ...(isIn ? { remove: [member.user] } : { add: [member.user] }),
    });
    let seq = 0;
    while (seq === 0) {
      const answer = await this.rig.service.changes.propose(change).catch(() => undefined);
      if (answer?.outcome?.$case === "appended") seq = answer.outcome.value.seq;
      else assert.equal(answer, undefined, "it is not known, or it is made");
      await this.seconds(1);
    }
    this.version++;
    assert.equal(seq, ++this.head);
    const last = member.intervals.at(-1);
    if (isIn && last !== undefined) last[1] = seq;
    else member.intervals.push([seq, 0]);
  }

  /** As a kill: what was not stored is gone. */
  async #restart(): Promise<void> {
    const { rig } = this;
    this.rig = await Rig.start({ kv: rig.kv, wrap: this.faulty.wrap });
    for (const [key, cursors] of rig.receipts.cursors) this.rig.receipts.cursors.set(key, cursors);
    for (const client of [...this.members, this.sender]) client.moveTo(this.rig);
  }

  async seconds(count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.rig.clock.advance(1_000);
    await this.rig.settle();
  }

  /** Everybody handles what came, until nothing more does. */
  async rest(lossy = false): Promise<void> {
    for (let moved = true; moved; ) {
      await this.rig.settle();
      moved = false;
      for (const member of this.members) if (member.handle(lossy)) moved = true;
    }
  }

  /** Everybody comes once more; then each has seen what he may, once and in order, and nothing is left to compare. */
  async end(): Promise<void> {
    this.faulty.next = undefined;
    for (const member of this.members) member.reconnect();
    for (let i = 0; i < 4; i++) {
      await this.rest();
      await this.seconds(limits.probeFirstMs / 1_000);
    }
    await this.seconds(limits.attentionMs / 1_000 + 2);
    await this.seconds(limits.cursorFlushMs / 1_000 + 1);
    for (const { user, device, shown, visible } of this.members) {
      assert.deepEqual(shown, visible(this.head), user);
      const { lacks } = await this.rig.store.compareDevice(user, device);
      assert.deepEqual(lacks, [], `${user} lacks nothing`);
    }
    this.sender.pull();
    await this.rig.settle();
    this.sender.listen();
    const newest = this.sender.all.at(-1)?.seq ?? 0;
    const others = this.members.slice(1).some(({ isIn }) => isIn);
    if (others) assert.ok(this.sender.delivered >= newest, "✓✓");
    await this.rig.stop();
  }
}

describe("a group whose members come and go", () => {
  it("shows each what he may see, once and in order, over restarts and commits that fail", async function () {
    this.timeout(240_000);
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const play = await Play.start();
        for (const { what, lossy, rests } of plan) {
          await play.play(what);
          if (rests) await play.rest(lossy);
        }
        await play.end();
      }),
      { numRuns: Number(process.env.RUNS ?? 12) },
    );
  });
});
