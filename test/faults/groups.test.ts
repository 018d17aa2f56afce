import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GroupEvent } from "../../client/node.js";
import { limits } from "../../lib/limits.js";
import { check } from "../history/checker/checker.js";
import { explain, summary } from "../history/checker/verdict.js";
import { changeBody } from "../history/events.js";
import { noteMembers } from "../history/group-members.js";
import { FileRecorder, historyIn } from "../history/recorder.js";
import type { Mesh, Service } from "../mesh.js";
import { register } from "../people.js";
import { onEveryTopology } from "../topologies.js";
import { Talker } from "./talker.js";

/** What a change goes through, and what it must reach everybody through. */
const KILLED: readonly Service[] = ["group", "session", "receipts", "gateway", "session", "group"];

onEveryTopology("a group whose services are killed during sends and changes", (scope) => {
  let directory: string;
  let open: Talker[] = [];
  afterEach(async () => {
    // After a failure, too: a client that is open keeps the process.
    await Promise.all(open.map(({ client }) => client.close()));
    open = [];
  });
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-groups-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("has one order for all, everything within the members' times and nothing outside of them", async function () {
    this.timeout(240_000);
    const { mesh, topology } = scope;
    const recorder = new FileRecorder(join(directory, `history-${topology}`));
    const start = (name: string) => {
      const account = `${name}.group.${topology}`;
      return Talker.start(recorder, name, { server: mesh.url, path: "register", account });
    };
    const talkers = [await start("ann"), await start("bob"), await start("cat")] as const;
    open.push(...talkers);
    const [ann, bob, cat] = talkers;
    const changes: GroupEvent[] = [];
    ann.client.on("group", (event) => changes.push(event));
    // As many that their entries take turns; in the other topology all who count are there, and ticks rise under faults.
    const silent = topology === "all" ? await crowd(mesh) : [];
    const members = [bob.user, cat.user, ...silent];
    const create = () => ann.client.groups.create({ name: "crew", members });
    const { group } = await ann.recorded.change(changeBody("created"), create);
    await Promise.all(talkers.map((talker) => talker.shows(group, 1)));
    ann.talk(group);
    bob.talk(group);
    let made = 0;

    for (const service of topology === "all" ? (["session", "session"] as const) : KILLED) {
      const changing = comeAndGo(ann, cat, group);
      recorder.note({ type: "fault", what: `kill -9 ${service}` });
      await mesh.kill(service);
      await mesh.start(service);
      recorder.note({ type: "fault", what: `${service} is back` });
      made += await changing;
      await Promise.all([ann.progress(20), bob.progress(20)]);
    }
    await Promise.all([ann.fallSilent(), bob.fallSilent()]);
    if (silent.length > 0) {
      const remove = () => ann.client.groups.remove(group, silent);
      await ann.recorded.change(changeBody("removed"), remove);
      made++;
    }
    await atRest(talkers, group);
    recorder.note({ type: "settled", ticks: true });
    for (const talker of talkers) await talker.fetchAll(group);
    await Promise.all(talkers.map(({ client }) => client.close()));
    noteMembers(recorder, group, changes);
    recorder.close();

    const history = historyIn(recorder.path);
    const verdict = check(history);
    console.log(`      ${summary(verdict)}, ${made} changes`);
    assert.equal(verdict.count, 0, explain(history, verdict));
    assert.equal(changes.length, made + 1, "each change was made once");
    assert.deepEqual(
      changes.map(({ change }) => change.version),
      changes.map((_, index) => index + 1),
    );
  });
});

/** People who never come, for a group that is served in turns. */
async function crowd(mesh: Mesh): Promise<string[]> {
  const people = Array.from({ length: limits.fanOutAtOnce }, () => register(mesh, "silent"));
  return (await Promise.all(people)).map(({ user }) => user);
}

/** Ann removes and adds Cat, less often than a member's intervals are remembered; gives how many changes that were. */
async function comeAndGo(ann: Talker, cat: Talker, group: string): Promise<number> {
  const { groups } = ann.client;
  const users = [cat.user];
  await ann.recorded.change(changeBody("removed"), () => groups.remove(group, users));
  await ann.recorded.change(changeBody("added"), () => groups.add(group, users));
  return 2;
}

/** A last word, that everybody has read and whose author knows it. */
async function atRest(talkers: readonly [Talker, Talker, Talker], group: string): Promise<void> {
  const [ann, bob] = talkers;
  await ann.say(group, "ann: the end");
  await ann.fallSilent();
  const head = ann.client.position(group)?.newestOwn ?? 0;
  await Promise.all(talkers.map((talker) => talker.shows(group, head)));
  await Promise.all(talkers.map(({ client }) => client.markRead(group, head)));
  await Promise.all([ann.blue(group), bob.blue(group)]);
  await Promise.all(talkers.map((talker) => talker.knowsRead(group, head)));
}
