import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directId } from "../../lib/ids.js";
import { check } from "../history/checker/checker.js";
import { explain, summary } from "../history/checker/verdict.js";
import { FileRecorder, historyIn } from "../history/recorder.js";
import type { Service } from "../mesh.js";
import { onEveryTopology } from "../topologies.js";
import { Talker } from "./talker.js";

/** What a block goes through, and what it must hold without. */
const KILLED: readonly Service[] = ["session", "auth", "receipts", "session"];

onEveryTopology("a 1:1 in which one blocks the other while services are killed", (scope) => {
  let directory: string;
  let open: Talker[] = [];
  afterEach(async () => {
    // After a failure, too: a client that is open keeps the process.
    await Promise.all(open.map(({ client }) => client.close()));
    open = [];
  });
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-blocks-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("shows nothing of what was blocked, claims no tick for it, and all of the rest", async function () {
    this.timeout(240_000);
    const { mesh, topology } = scope;
    const recorder = new FileRecorder(join(directory, `history-${topology}`));
    const start = (name: string) => {
      const account = `${name}.block.${topology}`;
      return Talker.start(recorder, name, { server: mesh.url, path: "register", account });
    };
    const [ann, bob] = [await start("ann"), await start("bob")];
    open.push(ann, bob);
    const conversation = directId(ann.user, bob.user);
    bob.talk(ann.user);
    await bob.progress(5);

    for (const service of topology === "all" ? (["session", "session"] as const) : KILLED) {
      recorder.note({ type: "fault", what: `kill -9 ${service}` });
      await mesh.kill(service);
      const blocking = ann.recorded.block("block", bob.user);
      await mesh.start(service);
      recorder.note({ type: "fault", what: `${service} is back` });
      await blocking;
      await bob.progress(10);
      await ann.recorded.block("unblock", bob.user);
      await ann.say(bob.user, `ann after ${service}`);
      await Promise.all([ann.progress(1), bob.progress(10)]);
    }
    await Promise.all([ann.fallSilent(), bob.fallSilent()]);
    await ann.say(bob.user, "ann: the end");
    await ann.fallSilent();
    const head = ann.client.position(conversation)?.newestOwn ?? 0;
    for (const talker of [ann, bob]) {
      await talker.shows(conversation, head);
      await talker.client.markRead(conversation, head);
    }
    await Promise.all([ann.blue(conversation), bob.blue(conversation)]);
    for (const talker of [ann, bob]) await talker.knowsRead(conversation, head);
    recorder.note({ type: "settled", ticks: true });
    for (const talker of [ann, bob]) await talker.fetchAll(conversation);
    await Promise.all([ann, bob].map(({ client }) => client.close()));
    recorder.close();

    const history = historyIn(recorder.path);
    const verdict = check(history);
    console.log(`      ${summary(verdict)}`);
    assert.equal(verdict.count, 0, explain(history, verdict));
    // Some of it was hidden: else this proves nothing.
    assert.ok(verdict.shown < 2 * verdict.acknowledged, summary(verdict));
  });
});
