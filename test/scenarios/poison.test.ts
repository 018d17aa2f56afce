import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAdmin } from "../../app/admin-program.js";
import { MemoryStore, wsSocketFactory } from "../../client/node.js";
import { directId, newId } from "../../lib/ids.js";
import { check } from "../history/checker/checker.js";
import { explain } from "../history/checker/verdict.js";
import { RecordedClient } from "../history/recorded-client.js";
import { FileRecorder, historyIn } from "../history/recorder.js";
import { PASSWORD } from "../people.js";
import { onEveryTopology } from "../topologies.js";
import { until } from "../until.js";

/** A text that Bob's app cannot take in while it is broken. */
const POISON = "poison";

onEveryTopology("a message that a device cannot take in", (scope) => {
  let recorder: FileRecorder;
  let directory: string;
  let alice: RecordedClient;
  let bob: RecordedClient;
  let broken = true;

  const signIn = (name: string, path: "register" | "login" = "register", account = name) => {
    const credentials = { name: account, password: PASSWORD, deviceName: "test" };
    const options = {
      store: new MemoryStore(),
      openSocket: wsSocketFactory,
      apply: ({ text }: { text: string | undefined }) => {
        if (name === "bob" && broken && text?.startsWith(POISON)) throw new Error("broken");
      },
    };
    const server = scope.mesh.url;
    return RecordedClient.signIn(recorder, name, { server, path, credentials }, options);
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-poison-"));
    recorder = new FileRecorder(join(directory, "history"));
    broken = true;
    const unique = newId("us").slice(3, 11);
    alice = await signIn("alice", "register", `alice.${unique}`);
    bob = await signIn("bob", "register", `bob.${unique}`);
    await Promise.all([alice.client.connect(), bob.client.connect()]);
  });

  afterEach(async () => {
    await Promise.all([alice.client.close(), bob.client.close()]);
    recorder.close();
    await rm(directory, { recursive: true });
  });

  async function sendAll(...texts: string[]): Promise<void> {
    for (const text of texts) {
      const outcome = await (await alice.send(bob.user, text)).sent;
      assert.equal(outcome.status, "sent");
    }
  }

  const conversation = () => directId(alice.user, bob.user);
  const position = ({ client }: RecordedClient) => client.position(conversation());
  const admin = async (...args: string[]) => {
    const lines: string[] = [];
    const code = await runAdmin(["--address", scope.mesh.admin, "--json", ...args], (line) =>
      lines.push(line),
    ).then(
      () => 0,
      ({ exitCode }) => exitCode as number,
    );
    return { code, values: lines.map((line) => JSON.parse(line)) };
  };
  const replay = (seq: number) =>
    admin("replay", conversation(), `${seq}`, bob.client.account.device);
  const deadLetters = async () =>
    (await admin("dead-letters", "--conversation", conversation())).values;

  function assertSound(): void {
    recorder.note({ type: "settled", ticks: true });
    recorder.flush();
    const history = historyIn(recorder.path);
    const verdict = check(history);
    assert.equal(verdict.count, 0, explain(history, verdict));
  }

  it("is a placeholder there, everything behind it flows, and its author gets no tick for it", async () => {
    await sendAll("one", POISON, "three");
    await until("bob to have all three", () => position(bob)?.last === 3);
    const stored = await bob.client.stored(conversation());
    assert.deepEqual(
      stored.map(({ text, placeholder = false }) => [text, placeholder]),
      [
        ["one", false],
        [undefined, true],
        ["three", false],
      ],
    );
    await bob.client.markRead(conversation(), 3);
    await until("alice's ticks", () => position(alice)?.peerRead === 3);
    assert.deepEqual(position(alice)?.except, [2]);
    const [info] = await alice.client.messageInfo(conversation(), 2);
    assert.deepEqual([info?.deliveredAtUnixMs, info?.readAtUnixMs], [0, 0]);
    const [letter, ...others] = await deadLetters();
    assert.deepEqual([letter.seq, letter.reason, letter.nacks, others], [2, "application", 3, []]);
    assert.equal(JSON.stringify(letter).includes(POISON), false);
    assertSound();
  });

  it("stays parked over kill -9, and is replaced by a replay when the device can take it", async () => {
    await sendAll(POISON, "two");
    await until("bob to have both", () => position(bob)?.last === 2);
    await bob.client.markRead(conversation(), 2);
    // Else the Read dies with session, and its client says it again half a minute later.
    await until("alice's tick", () => position(alice)?.peerRead === 2);
    recorder.note({ type: "fault", what: "kill -9 session" });
    await scope.mesh.restart("session");
    await until("the dead letter", async () => (await deadLetters()).length === 1);
    await until(
      "bob to be connected",
      async () => (await replay(1)).values[0]?.outcome === "refused",
    );
    broken = false;
    const { code, values } = await replay(1);
    assert.deepEqual([code, values[0].outcome], [0, "replaced"]);
    const stored = await bob.client.stored(conversation());
    assert.deepEqual(
      stored.map(({ text }) => text),
      [POISON, "two"],
    );
    await until("alice's tick", () => {
      const { peerRead = 0, except = [] } = position(alice) ?? {};
      return peerRead === 2 && except.length === 0;
    });
    assert.deepEqual(await deadLetters(), []);
    assert.equal((await replay(1)).code, 1);
    assertSound();
  });

  it("comes as it is to the user's other devices, and to an author who was told that it arrived", async () => {
    const tablet = await signIn("tablet", "login", bob.client.account.name);
    await tablet.client.connect();
    await sendAll("one", POISON, "three");
    await until("the tablet to have all", () => position(tablet)?.last === 3);
    await until("the phone to have all", () => position(bob)?.last === 3);
    const stored = await tablet.client.stored(conversation());
    assert.equal(stored[1]?.text, POISON);
    await tablet.client.markRead(conversation(), 3);
    await until("alice's ticks", () => position(alice)?.peerRead === 3);
    assert.deepEqual(position(alice)?.except, []);
    assertSound();
    await tablet.client.close();
  });
});
