import assert from "node:assert/strict";
import { ChatClient, MemoryStore, wsSocketFactory } from "../../client/node.js";
import { directId } from "../../lib/ids.js";
import { delivered, newCouple } from "../couple.js";
import type { Mesh } from "../mesh.js";
import { acknowledge, attach, type Device, PASSWORD, register, sendText } from "../people.js";
import { setBlock } from "../privacy.js";
import type { RawClient } from "../protocol.js";
import { onEveryTopology } from "../topologies.js";

/** What somebody learns of another one: every frame that answers him, ids and times taken out. */
async function allAnswers(client: RawClient, me: Device, peer: Device): Promise<string[]> {
  const conversation = directId(me.user, peer.user);
  const from = client.received.length;
  const last = async (name: "failed" | "messageInfo" | "lastNumber", request: number) => {
    await client.firstOf(20_000, ({ $case, value }) => {
      return (
        ($case === name || $case === "failed") && "request" in value && value.request === request
      );
    });
  };
  const ask = async () => {
    client.send("pullReceipts", { conversations: [conversation] });
    client.send("resync", { conversation, last: 0 });
    client.send("fetchHistory", { request: 1, conversation, before: 0, limit: 100 });
    client.send("getMessageInfo", { request: 2, conversation, seq: 1 });
    await last("messageInfo", 2);
    client.send("getLastNumber", { request: 3, conversation });
    await last("lastNumber", 3);
  };
  await ask();
  for (const number of [1, 2]) {
    sendText(client, { conversation, number, text: "hello", clientMessageId: idOf(number) });
    await client.expect("sent", (sent) => sent.conversation === conversation);
    client.send("ack", { conversation, seq: number });
  }
  await ask();
  sendText(client, { conversation, number: 1, text: "hello", clientMessageId: idOf(1) });
  await client.expect("sent", (sent) => sent.conversation === conversation);
  sendText(client, { conversation, number: 9, text: "early" });
  await client.expect("outOfOrder");
  const answers = client.received.slice(from).map((frame) =>
    JSON.stringify(frame)
      .replaceAll(conversation, "the conversation")
      .replaceAll(peer.user, "the peer")
      .replace(/"\w*UnixMs":\d{13}/g, "a time"),
  );
  // Ticks and times are asked for apart: which answer comes first is chance, of a peer that is away, too.
  return answers.sort();
}

const idOf = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;

async function pull(client: RawClient, conversation: string) {
  client.send("pullReceipts", { conversations: [conversation] });
  return client.expect("receipt");
}

async function exchange(mesh: Mesh) {
  const couple = await newCouple(mesh);
  const { alice, bob, conversation } = couple;
  sendText(bob, { conversation, number: 1, text: "before" });
  await alice.expect("deliver");
  acknowledge(alice, conversation, 1);
  await bob.expect("receipt", ({ delivered }) => delivered === 1);
  return couple;
}

onEveryTopology("blocks", (scope) => {
  it("hide what is sent until they end, and leave its author with one tick for ever", async () => {
    const { mesh } = scope;
    const { alice, bob, alicesDevice, bobsDevice, conversation } = await exchange(mesh);
    assert.equal(await setBlock(mesh, alicesDevice, bobsDevice, true), 1);
    sendText(bob, { conversation, number: 2, text: "hidden" });
    assert.equal((await bob.expect("sent", ({ seq }) => seq > 1)).after, 1);
    sendText(alice, { conversation, number: 1, text: "no" });
    assert.equal((await alice.expect("rejected")).reason, 5);
    assert.equal((await pull(bob, conversation)).delivered, 1);
    assert.equal(await setBlock(mesh, alicesDevice, bobsDevice, false), 3);
    sendText(alice, { conversation, number: 2, text: "yes" });
    await alice.expect("sent");
    sendText(bob, { conversation, number: 3, text: "after" });
    await alice.expect("deliver", ({ entry }) => entry?.seq === 4);
    assert.deepEqual(delivered(alice), ["0<1 before", "3<4 after"]);
    alice.send("read", { conversation, seq: 4, automatic: false });
    const told = await bob.expect("receipt", ({ read }) => read === 4);
    assert.deepEqual(told.exceptRanges, [{ from: 2, through: 2 }]);
  });

  it("hold while services are killed and come back", async () => {
    const { mesh } = scope;
    const { alicesDevice, bobsDevice, conversation, alice, bob } = await exchange(mesh);
    await setBlock(mesh, alicesDevice, bobsDevice, true);
    await Promise.all([alice.close(), bob.close()]);
    const keeping = mesh.services.filter((name) => name === "session" || name === "auth");
    for (const service of keeping) await mesh.restart(service, "SIGKILL");
    const bobAgain = await attach(mesh, bobsDevice);
    sendText(bobAgain, { conversation, number: 2, text: "hidden" });
    await bobAgain.expect("sent");
    const aliceAgain = await attach(mesh, alicesDevice);
    await setBlock(mesh, alicesDevice, bobsDevice, false);
    sendText(bobAgain, { conversation, number: 3, text: "after" });
    const { after } = await aliceAgain.expect("deliver", ({ entry }) => entry?.seq === 3);
    assert.equal(after, 1);
    assert.ok(!delivered(aliceAgain).some((line) => line.includes("hidden")));
  });

  it("look to the one who is blocked like somebody who is away", async () => {
    const { mesh } = scope;
    const [me, blocker, away] = await Promise.all([
      register(mesh, "me"),
      register(mesh, "blocker"),
      register(mesh, "away"),
    ]);
    const online = await attach(mesh, blocker);
    assert.equal(await setBlock(mesh, blocker, me, true), 0);
    const client = await attach(mesh, me);
    const ofBlocker = await allAnswers(client, me, blocker);
    const ofAway = await allAnswers(client, me, away);
    assert.deepEqual(ofBlocker, ofAway);
    client.send("listConversations", { request: 7, after: "", limit: 100 });
    const { conversations } = await client.expect("conversations");
    assert.deepEqual(
      conversations.map(({ seq, open }) => [seq, open]),
      [
        [1, true],
        [1, true],
      ],
    );
    online.send("listConversations", { request: 7, after: "", limit: 100 });
    assert.deepEqual((await online.expect("conversations")).conversations, []);
    assert.deepEqual(delivered(online), []);
  });

  it("are made by the SDK however long it takes, and reject one's own messages", async () => {
    const { mesh } = scope;
    const bob = await register(mesh, "bob");
    const name = `alice.${bob.user.slice(3, 11)}`;
    const options = { store: new MemoryStore(), openSocket: wsSocketFactory };
    const alice = await ChatClient.register(mesh.url, { name, password: PASSWORD }, options);
    await alice.connect();
    await mesh.kill("session");
    const blocking = alice.privacy.block(bob.user);
    await mesh.start("session");
    assert.equal(await blocking, 0);
    assert.deepEqual(
      (await alice.privacy.blocked()).map(({ user }) => user),
      [bob.user],
    );
    const refused = await alice.send(bob.user, "hello");
    assert.deepEqual(await refused.sent, { status: "rejected", reason: "BLOCKED" });
    assert.equal(await alice.privacy.unblock(bob.user), 1);
    const sent = await alice.send(bob.user, "hello");
    assert.equal((await sent.sent).status, "sent");
    await alice.close();
  });
});
