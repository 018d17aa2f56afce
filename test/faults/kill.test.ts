import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore, openLevelStore } from "../../client/node.js";
import { directId } from "../../lib/ids.js";
import { onEveryTopology, type Scope } from "../topologies.js";
import { until } from "../until.js";
import { checkOrder, checkTicks, historyOf, newWitness, type Witness } from "./witness.js";

const ROUNDS = 2;

onEveryTopology("kill -9 of each process in turn, under traffic", (scope) => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-devices-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("loses nothing acknowledged and shows nothing twice", async function () {
    this.timeout(240_000);
    const [alice, bob, tablet] = await threeDevices(scope, directory);
    const conversation = directId(alice.client.account.user, bob.client.account.user);
    alice.talk(bob.client.account.user);
    bob.talk(alice.client.account.user);
    await Promise.all([alice.progress(20), bob.progress(20)]);

    for (let round = 0; round < ROUNDS; round++) {
      for (const service of scope.mesh.services) {
        await scope.mesh.kill(service);
        await scope.mesh.start(service);
        await Promise.all([alice.progress(20), bob.progress(20)]);
      }
    }
    await Promise.all([alice.fallSilent(), bob.fallSilent()]);
    // A last word each: its ticks tell of all that was before it.
    await alice.say(bob.client.account.user, "alice: the end");
    await bob.say(alice.client.account.user, "bob: the end");
    await Promise.all([alice.fallSilent(), bob.fallSilent()]);

    const witnesses = [alice, bob, tablet];
    const head = alice.sent.length + bob.sent.length;
    for (const witness of witnesses) await shownAll(witness, head);
    const histories = witnesses.map(historyOf);
    assert.deepEqual([...(histories[0]?.keys() ?? [])], range(1, head));
    assert.deepEqual(histories[1], histories[0]);
    assert.deepEqual(histories[2], histories[0]);
    for (const witness of witnesses) {
      checkOrder(witness);
      checkTicks(witness);
    }
    checkSentOrder(alice);
    checkSentOrder(bob);
    assert.deepEqual(await wholeHistory(alice, conversation), [...(histories[0]?.values() ?? [])]);

    await Promise.all([alice.read(conversation, head), bob.read(conversation, head)]);
    for (const witness of [alice, bob]) await blue(witness, conversation);
    await Promise.all(witnesses.map(({ client }) => client.close()));
  });
});

/** Alice (JSON, in memory), Bob's phone (Protobuf, on disk) and Bob's tablet. */
async function threeDevices(
  { mesh, topology }: Scope,
  directory: string,
): Promise<[Witness, Witness, Witness]> {
  const server = mesh.url;
  const alice = await newWitness("alice", {
    server,
    path: "register",
    name: `alice.${topology}`,
    store: new MemoryStore(),
    subprotocol: "chat.v1.json",
  });
  const name = `bob.${topology}`;
  const store = await openLevelStore(join(directory, topology));
  const bob = await newWitness("bob", { server, path: "register", name, store });
  const memory = new MemoryStore();
  const tablet = await newWitness("tablet", { server, path: "login", name, store: memory });
  return [alice, bob, tablet];
}

async function shownAll(witness: Witness, head: number): Promise<void> {
  const seen = () => witness.shown.length + witness.sent.length;
  await until(`${witness.name} to have seen ${head} messages`, () => seen() >= head, 90_000);
}

async function blue(witness: Witness, conversation: string): Promise<void> {
  const newest = Math.max(...witness.sent.map(({ seq }) => seq));
  const ticks = () => witness.client.position(conversation);
  await until(`the blue tick of ${witness.name}`, () => (ticks()?.peerRead ?? 0) >= newest, 90_000);
  assert.ok((ticks()?.delivered ?? 0) >= newest);
}

/** What a sender said is in the log in the order it was said. */
function checkSentOrder({ name, sent }: Witness): void {
  const counts = [...sent]
    .sort((a, b) => a.seq - b.seq)
    .map(({ text }) => Number(text.replace(`${name} `, "")))
    .filter((count) => !Number.isNaN(count));
  assert.deepEqual(counts, range(1, counts.length), `${name}: not in the order of sending`);
}

async function wholeHistory({ client }: Witness, conversation: string): Promise<string[]> {
  const texts: string[] = [];
  let before = 0;
  do {
    const page = await client.history(conversation, before, 100);
    texts.unshift(...page.entries.map(({ text }) => text ?? ""));
    before = page.before;
  } while (before !== 0);
  return texts;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
