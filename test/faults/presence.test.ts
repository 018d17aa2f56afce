import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileRecorder, type Recorder } from "../history/recorder.js";
import { onTopology, type Scope } from "../topologies.js";
import { until } from "../until.js";
import { presenceServes, storedActivity } from "../watching.js";
import { Talker } from "./talker.js";

onTopology("processes", "kill -9 of presence, under traffic", (scope) => {
  const people: Talker[] = [];
  let directory: string;
  let recorder: FileRecorder;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-presence-"));
    recorder = new FileRecorder(join(directory, "history"));
    await presenceServes(scope.mesh);
  });
  after(async () => {
    await Promise.all(people.map(({ client }) => client.close()));
    recorder.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("holds no message up, and is made good by what clients repeat", async function () {
    this.timeout(120_000);
    const { mesh } = scope;
    const [alice, bob, carol] = await threePeople(scope, recorder);
    people.push(alice, bob, carol);
    // Carol opened the app and does nothing more; Bob writes all the time.
    for (const { client } of [bob, carol]) client.presence.foreground();
    for (const { user } of [bob, carol]) alice.client.presence.watch(user);
    const seen = ({ user }: Talker) => alice.client.presence.of(user).online;
    await until("both to be seen online", () => seen(bob) && seen(carol));
    // A crash may take the last second of activity, and Carol does nothing more that would bring hers back.
    await storedActivity(mesh, carol.user);
    alice.talk(bob.user);
    bob.talk(alice.user);
    await Promise.all([alice.progress(100), bob.progress(100)]);

    await mesh.kill("presence");
    await Promise.all([alice.progress(500), bob.progress(500)]);
    await until("nobody to be shown as online", () => !seen(bob) && !seen(carol));
    await mesh.start("presence");
    await until("both to be seen online again", () => seen(bob) && seen(carol));

    await Promise.all([alice.fallSilent(), bob.fallSilent()]);
  });
});

async function threePeople({ mesh }: Scope, recorder: Recorder): Promise<[Talker, Talker, Talker]> {
  const start = (name: string) =>
    Talker.start(recorder, name, { server: mesh.url, path: "register", account: `${name}.kill` });
  return Promise.all([start("alice"), start("bob"), start("carol")]);
}
