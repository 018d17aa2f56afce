import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLevelStore } from "../../client/node.js";
import { directId } from "../../lib/ids.js";
import { check } from "../history/checker/checker.js";
import { explain, summary } from "../history/checker/verdict.js";
import { FileRecorder, historyIn, type Recorder } from "../history/recorder.js";
import { onEveryTopology, type Scope } from "../topologies.js";
import { Talker } from "./talker.js";

const ROUNDS = 2;

onEveryTopology("kill -9 of each process in turn, under traffic", (scope) => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-devices-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("breaks no promise", async function () {
    this.timeout(240_000);
    const recorder = new FileRecorder(join(directory, "history"));
    const talkers = await threeDevices(scope, directory, recorder);
    const [alice, bob] = talkers;
    const conversation = directId(alice.user, bob.user);
    alice.talk(bob.user);
    bob.talk(alice.user);
    await Promise.all([alice.progress(20), bob.progress(20)]);

    for (let round = 0; round < ROUNDS; round++) {
      for (const service of scope.mesh.services) {
        recorder.note({ type: "fault", what: `kill -9 ${service}` });
        await scope.mesh.kill(service);
        await scope.mesh.start(service);
        recorder.note({ type: "fault", what: `${service} is back` });
        await Promise.all([alice.progress(20), bob.progress(20)]);
      }
    }
    await atRest(talkers, conversation);
    recorder.note({ type: "settled", ticks: true });
    for (const talker of talkers) await talker.fetchAll(conversation);
    await Promise.all(talkers.map(({ client }) => client.close()));
    recorder.close();

    const history = historyIn(recorder.path);
    const verdict = check(history);
    console.log(`      ${summary(verdict)}`);
    assert.equal(verdict.count, 0, explain(history, verdict));
    assert.equal(verdict.acknowledged, alice.acknowledged + bob.acknowledged);
    assert.equal(verdict.shown, verdict.acknowledged * talkers.length);
  });
});

/** Alice (JSON, in memory), Bob's phone (Protobuf, on disk) and Bob's tablet. */
async function threeDevices(
  { mesh, topology }: Scope,
  directory: string,
  recorder: Recorder,
): Promise<[Talker, Talker, Talker]> {
  const server = mesh.url;
  const alice = await Talker.start(recorder, "alice", {
    server,
    path: "register",
    account: `alice.${topology}`,
    subprotocol: "chat.v1.json",
  });
  const account = `bob.${topology}`;
  const store = await openLevelStore(join(directory, "bob"));
  const bob = await Talker.start(recorder, "bob", { server, path: "register", account, store });
  const tablet = await Talker.start(recorder, "tablet", { server, path: "login", account });
  return [alice, bob, tablet];
}

/** Everybody has everything and has read it, and everybody knows. */
async function atRest(
  talkers: readonly [Talker, Talker, Talker],
  conversation: string,
): Promise<void> {
  const [alice, bob] = talkers;
  await Promise.all([alice.fallSilent(), bob.fallSilent()]);
  // A last word each: its ticks tell of all that was before it.
  await alice.say(bob.user, "alice: the end");
  await bob.say(alice.user, "bob: the end");
  await Promise.all([alice.fallSilent(), bob.fallSilent()]);
  const head = alice.acknowledged + bob.acknowledged;
  await Promise.all(talkers.map((talker) => talker.shows(conversation, head)));
  await Promise.all([alice, bob].map(({ client }) => client.markRead(conversation, head)));
  await Promise.all([alice.blue(conversation), bob.blue(conversation)]);
  await Promise.all(talkers.map((talker) => talker.knowsRead(conversation, head)));
}
