import assert from "node:assert/strict";
import { ChatClient } from "./client.js";
import { directId } from "./ids.js";
import { MemoryStore } from "./memory-store.js";
import { CountingClock, next, Rig } from "./testing/rig.js";
import { wsSocketFactory } from "./ws-socket.js";

/** A store that survives its client, as a directory does. */
class LastingStore extends MemoryStore {}

describe("a client", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(() => rig.stop());

  async function pair() {
    const alice = await rig.register("alice");
    const bob = await rig.register("bob");
    await Promise.all([alice.connect(), bob.connect()]);
    const conversation = directId(alice.account.user, bob.account.user);
    return { alice, bob, conversation };
  }

  it("sends a message and sees its three ticks in order", async () => {
    const { alice, bob, conversation } = await pair();
    const ticks: string[] = [];
    alice.on("sent", () => ticks.push("sent"));
    alice.on("tick", ({ delivered, read }) => ticks.push(`${delivered}/${read}`));
    const read = next(alice, "tick", (tick) => tick.read === 1);
    bob.on("message", (message) => void bob.markRead(message.conversation, message.seq));
    const message = await alice.send(bob.account.user, "hello");
    assert.deepEqual((await message.sent).status, "sent");
    await read;
    assert.deepEqual(ticks.slice(0, 2), ["sent", "1/0"]);
    assert.equal(ticks.at(-1), "1/1");
    const [info] = await alice.messageInfo(conversation, 1);
    assert.equal(info?.user, bob.account.user);
    assert.equal(bob.position(conversation)?.last, 1);
  });

  it("shows a message once, whatever the server repeats and however often it restarts", async () => {
    const alice = await rig.register("alice");
    const store = new LastingStore();
    let bob = await rig.register("bob", { store });
    const conversation = directId(alice.account.user, bob.account.user);
    const shown: string[] = [];
    await alice.connect();
    for (let run = 0; run < 3; run++) {
      bob.on("message", (message) => shown.push(message.text ?? ""));
      const caughtUp = next(bob, "caughtUp");
      await bob.connect();
      await caughtUp;
      const arrived = next(bob, "message", (message) => message.text === `m${run}`);
      await alice.send(bob.account.user, `m${run}`);
      await arrived;
      rig.server.mesh.probe();
      await bob.close();
      bob = rig.keep((await ChatClient.fromStore({ store, openSocket: wsSocketFactory })) as never);
    }
    assert.deepEqual(shown, ["m0", "m1", "m2"]);
    assert.equal((await bob.stored(conversation)).length, 3);
  });

  it("keeps a message while offline, over a restart, and sends it with the next connection", async () => {
    const bob = await rig.register("bob");
    const store = new LastingStore();
    const first = await rig.register("alice", { store });
    const message = await first.send(bob.account.user, "later");
    await first.close();
    assert.deepEqual(await message.sent, { status: "pending" });
    const second = rig.keep(
      (await ChatClient.fromStore({ store, openSocket: wsSocketFactory })) as ChatClient,
    );
    const outcome = second.outcome(message.clientMessageId);
    await second.connect();
    assert.equal((await outcome).status, "sent");
    assert.deepEqual(second.outbox(message.conversation), []);
  });

  it("repeats a send that found no answer, marked automatic, and the entry exists once", async () => {
    const clock = new CountingClock();
    clock.speed = 100;
    const bob = await rig.register("bob");
    const alice = await rig.register("alice", { clock });
    await alice.connect();
    rig.server.losesSends = true;
    const message = await alice.send(bob.account.user, "hello");
    await rig.server.until(() => rig.server.frames("send").length === 1);
    rig.server.losesSends = false;
    assert.equal((await message.sent).status, "sent");
    const [one, two] = rig.server.frames("send");
    assert.deepEqual([one?.automatic, two?.automatic], [false, true]);
    assert.equal(one?.number, two?.number);
    assert.equal(rig.server.mesh.log(message.conversation).head, 1);
  });

  it("tells of a rejected message, and the next one goes through", async () => {
    const { alice, bob } = await pair();
    const nobody = await alice.send("us_zzzzzzzzzzzzzzzz", "anybody there?");
    assert.deepEqual(await nobody.sent, { status: "rejected", reason: "NOT_FOUND" });
    const refused = await alice.send(bob.account.user, "reject! this");
    const message = await alice.send(bob.account.user, "hello");
    assert.deepEqual(await refused.sent, { status: "rejected", reason: "NOT_ALLOWED" });
    assert.equal((await message.sent).status, "sent");
  });

  it("refuses what could never be sent before it is kept", async () => {
    const { alice, bob, conversation } = await pair();
    for (const [to, text] of [
      [bob.account.user, ""],
      [bob.account.user, "x".repeat(32_769)],
      [alice.account.user, "to myself"],
      ["dm_cccccccccccccccc_dddddddddddddddd", "of others"],
      ["bob", "a name"],
    ] as const) {
      await assert.rejects(alice.send(to, text), { reason: "INVALID" });
    }
    assert.deepEqual(alice.outbox(conversation), []);
    assert.equal((await alice.send(conversation, "x".repeat(32_768))).conversation, conversation);
  });

  it("brings own messages and the read position to the user's other device", async () => {
    const { alice, bob, conversation } = await pair();
    const tablet = await rig.login("alice");
    const based = next(tablet, "caughtUp");
    await tablet.connect();
    await based;
    const copy = next(tablet, "message");
    await alice.send(bob.account.user, "hello");
    assert.equal((await copy).own, true);
    const arrived = next(alice, "message");
    await bob.send(conversation, "hi");
    const { seq } = await arrived;
    const ownRead = next(tablet, "ownRead");
    await alice.markRead(conversation, seq);
    assert.deepEqual(await ownRead, { conversation, seq });
  });

  it("starts a new device at the bases, and fetches what is older", async () => {
    const { alice, bob, conversation } = await pair();
    for (const text of ["one", "two"]) await (await alice.send(bob.account.user, text)).sent;
    const tablet = await rig.login("bob");
    const shown: string[] = [];
    tablet.on("message", (message) => shown.push(message.text ?? ""));
    const caughtUp = next(tablet, "caughtUp");
    await tablet.connect();
    await caughtUp;
    const arrived = next(tablet, "message");
    await alice.send(bob.account.user, "three");
    await arrived;
    assert.deepEqual(shown, ["three"]);
    await rig.server.until(() => rig.server.frames("ackBases").length === 3);
    const page = await tablet.history(conversation, 0, 2);
    assert.deepEqual(
      page.entries.map((entry) => entry.text),
      ["two", "three"],
    );
    assert.equal(page.before, 2);
    assert.equal((await tablet.history(conversation, page.before)).entries[0]?.text, "one");
    assert.equal((await tablet.conversations())[0]?.seq, 3);
  });

  it("finds people by name, lists devices and revokes them", async () => {
    const { alice, bob } = await pair();
    assert.equal((await alice.lookUp("bob")).user, bob.account.user);
    assert.equal(alice.knownUser("Bob"), bob.account.user);
    await assert.rejects(alice.lookUp("nobody"), { reason: "NOT_FOUND" });
    const tablet = await rig.login("alice");
    await tablet.connect();
    const stopped = next(tablet, "connection", (event) => event.state === "stopped");
    const devices = await alice.devices();
    assert.equal(devices.length, 2);
    await alice.revoke(tablet.account.device);
    await stopped;
  });

  it("says clearly why it cannot register or log in", async () => {
    await rig.register("alice");
    await assert.rejects(rig.register("alice"), { reason: "ALREADY_EXISTS" });
    await assert.rejects(rig.login("nobody"), { reason: "UNAUTHENTICATED" });
    const options = { store: new MemoryStore() };
    const credentials = { name: "x", password: "y" };
    const nowhere = ChatClient.login("http://127.0.0.1:9", credentials, options);
    await assert.rejects(nowhere, { reason: "UNREACHABLE" });
  });

  it("stops, and acknowledges nothing more, when its store fails", async () => {
    const store = new LastingStore();
    const alice = await rig.register("alice");
    const bob = await rig.register("bob", { store });
    await Promise.all([alice.connect(), bob.connect()]);
    const shown: unknown[] = [];
    bob.on("message", (message) => shown.push(message));
    store.write = () => Promise.reject(new Error("disk full"));
    const stopped = next(bob, "connection", (event) => event.state === "stopped");
    await alice.send(bob.account.user, "hello");
    const event = await stopped;
    assert.equal(event.state === "stopped" && event.reason, "store");
    assert.deepEqual(shown, []);
    const acks = rig.server.received.filter(({ device }) => device === bob.account.device);
    assert.ok(acks.every(({ frame }) => frame.$case !== "ack"));
    await assert.rejects(bob.send(alice.account.user, "x"), /disk full|closed/);
  });
});
