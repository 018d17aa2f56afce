import assert from "node:assert/strict";
import fc from "fast-check";
import { DIRECT, GHOST, LossyWorld, ME } from "./testing/lossy-world.js";

type Step = (world: LossyWorld) => void | Promise<void>;

const fate = fc.constantFrom("take", "take", "take", "take", "lose", "repeat");
const index = fc.constantFrom(0, 0, 0, 0, 1, 2, 5);

const step: fc.Arbitrary<[string, Step]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<[string, Step]>(["send", (w) => w.userSends("m")]) },
  { weight: 1, arbitrary: fc.constant<[string, Step]>(["reject", (w) => w.userSends("reject!")]) },
  { weight: 1, arbitrary: fc.constant<[string, Step]>(["free", (w) => w.userSends("free!")]) },
  {
    weight: 1,
    arbitrary: fc.constant<[string, Step]>(["busy", (w) => w.makeBusy()]),
  },
  { weight: 5, arbitrary: fc.constant<[string, Step]>(["peer", (w) => w.peerSends(false)]) },
  { weight: 1, arbitrary: fc.constant<[string, Step]>(["hole", (w) => w.peerSends(true)]) },
  { weight: 1, arbitrary: fc.constant<[string, Step]>(["peer reads", (w) => w.peerReads()]) },
  {
    weight: 14,
    arbitrary: fc
      .tuple(index, fate)
      .map(([i, f]): [string, Step] => [`server ${i} ${f}`, (w) => w.serverTakes(i, f as "take")]),
  },
  {
    weight: 14,
    arbitrary: fc
      .tuple(index, fate)
      .map(([i, f]): [string, Step] => [`client ${i} ${f}`, (w) => w.clientTakes(i, f as "take")]),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(100, 1_500, 6_000, 40_000)
      .map((ms): [string, Step] => [`wait ${ms}`, (w) => w.clock.advance(ms)]),
  },
  { weight: 1, arbitrary: fc.constant<[string, Step]>(["probe", (w) => w.mesh.probe()]) },
  { weight: 2, arbitrary: fc.constant<[string, Step]>(["offline", (w) => w.disconnect()]) },
  { weight: 4, arbitrary: fc.constant<[string, Step]>(["online", (w) => w.goOnline()]) },
  {
    weight: 2,
    arbitrary: fc.constant<[string, Step]>([
      "read",
      (w) => {
        const last = w.engine?.position(DIRECT).last ?? 0;
        void w.engine?.markRead(DIRECT, last).catch(() => {});
      },
    ]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("before" as const, "after" as const)
      .map((when): [string, Step] => [`die ${when}`, (w) => w.dieAtNextCommit(when)]),
  },
  {
    weight: 2,
    arbitrary: fc.constant<[string, Step]>([
      "start",
      (w) => (w.engine === undefined ? w.start() : undefined),
    ]),
  },
);

async function play(steps: [string, Step][]): Promise<LossyWorld> {
  const world = new LossyWorld();
  await world.start();
  world.goOnline();
  for (const [, run] of steps) {
    await run(world);
    await world.settle();
  }
  await world.heal();
  return world;
}

describe("the engine against a server model, over a network that loses, repeats and reorders", () => {
  it("shows everything once and in order, and gives each send exactly one outcome", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 150, size: "max" }), async (steps) => {
        const world = await play(steps);
        const log = world.mesh.log(DIRECT);
        const visible = log.entries.filter((entry) => entry.sender !== GHOST);
        const texts = visible.map((entry) => entry.content?.kind?.value.text);
        const stored = await world.store.messages(DIRECT, 0, 10_000);

        assert.deepEqual(
          stored.map((message) => message.text),
          texts,
          "the device holds exactly what it may see",
        );
        assert.deepEqual(world.mesh.faults, []);
        checkShown(world, texts as string[]);
        await checkOutcomes(world);
        checkTicks(world);
      }),
      { numRuns: 200 },
    );
  }).timeout(120_000);

  it("confirms the read position and learns the last ticks of a quiet chat", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
        const world = await play(steps);
        world.peerReads();
        world.disconnect();
        await world.heal();
        const record = world.engine?.position(DIRECT);
        const { head } = world.mesh.log(DIRECT);
        assert.ok(record !== undefined && record.ownRead >= record.read);
        if (record.newestOwn > 0) assert.equal(record.peerRead, head);
      }),
      { numRuns: 50 },
    );
  }).timeout(120_000);
});

/** At most once over all runs of the process, in the order of the log, and only foreign ones here. */
function checkShown(world: LossyWorld, texts: string[]): void {
  const shown = world.shown();
  assert.equal(new Set(shown).size, shown.length, "nothing is shown twice");
  const own = world.events.filter((event) => event.name === "message" && event.value.own);
  assert.deepEqual(own, [], "a message of this device is not announced to itself");
  const places = shown.map((text) => texts.indexOf(text));
  assert.ok(
    places.every((place, i) => place >= 0 && (i === 0 || place > (places[i - 1] as number))),
    "shown in the order of the log",
  );
}

async function checkOutcomes(world: LossyWorld): Promise<void> {
  const { outbox } = await world.store.load();
  assert.deepEqual(outbox, [], "no send is left without an outcome");
  const ids = world.events.flatMap((event) =>
    event.name === "sent" || event.name === "rejected" ? [event.value.clientMessageId] : [],
  );
  assert.equal(new Set(ids).size, ids.length, "no send has two outcomes");
  const own = world.mesh.log(DIRECT).entries.filter((entry) => entry.sender === ME);
  const numbers = own.map((entry) => Number(entry.clientMessageId.slice(3)));
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
    "first in, first out",
  );
}

function checkTicks(world: LossyWorld): void {
  let last = { delivered: 0, read: 0 };
  for (const event of world.events) {
    if (event.name !== "tick") continue;
    assert.ok(event.value.delivered >= last.delivered && event.value.read >= last.read);
    last = event.value;
  }
}
