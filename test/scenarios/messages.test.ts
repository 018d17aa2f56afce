import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { delivered, newCouple, sendNumbers } from "../couple.js";
import { acknowledge, attach, login, sendText, textOf } from "../people.js";
import { onEveryTopology } from "../topologies.js";

onEveryTopology("messages", (scope) => {
  it("reach a connected peer and get their three ticks, in order", async () => {
    const { alice, bob, conversation } = await newCouple(scope.mesh);
    const id = sendText(alice, { conversation, number: 1, text: "hello" });

    const sent = await alice.expect("sent");
    assert.deepEqual([sent.clientMessageId, sent.seq, sent.after], [id, 1, 0]);
    const { entry, after } = await bob.expect("deliver");
    assert.deepEqual(
      [after, entry?.seq, entry?.clientMessageId, textOf(entry)],
      [0, 1, id, "hello"],
    );
    assert.equal(entry?.atUnixMs, sent.atUnixMs);

    acknowledge(bob, conversation, 1);
    const delivered = await alice.expect("receipt", ({ delivered }) => delivered === 1);
    assert.equal(delivered.read, 0);
    bob.send("read", { conversation, seq: 1, automatic: false });
    await alice.expect("receipt", ({ read }) => read === 1);
    await bob.expect("receipt", ({ ownRead }) => ownRead === 1);

    const order = alice.received.map(({ $case }) => $case).filter((kind) => kind !== "caughtUp");
    assert.deepEqual([...new Set(order)].slice(-2), ["sent", "receipt"]);
  });

  it("wait for a peer who is offline, and come in order", async () => {
    const { alice, bob, conversation, bobsDevice } = await newCouple(scope.mesh);
    await bob.close();
    await sendNumbers(alice, conversation, { first: 1, last: 3 });
    const again = await attach(scope.mesh, bobsDevice);
    assert.deepEqual(delivered(again), ["0<1 no. 1", "1<2 no. 2", "2<3 no. 3"]);
    await alice.expect("receipt", ({ delivered }) => delivered === 3);
  });

  it("reach every device of the peer, and the sender's other devices", async () => {
    const { alice, alicesDevice, bob, bobsDevice, conversation } = await newCouple(scope.mesh);
    sendText(alice, { conversation, number: 1, text: "before" });
    await alice.expect("sent");
    acknowledge(bob, conversation, 1);
    await alice.expect("receipt", ({ delivered }) => delivered === 1);
    const bobsTablet = await attach(scope.mesh, await login(scope.mesh, bobsDevice));
    const alicesTablet = await attach(scope.mesh, await login(scope.mesh, alicesDevice));

    const id = sendText(alice, { conversation, number: 2, text: "after" });
    for (const client of [bob, bobsTablet, alicesTablet]) {
      const { entry } = await client.expect("deliver", ({ entry }) => entry?.seq === 2);
      assert.deepEqual([entry?.clientMessageId, textOf(entry)], [id, "after"]);
    }
    // The conversation was busy when the new devices came: they start with its burst.
    assert.deepEqual(delivered(bobsTablet), ["0<1 before", "1<2 after"]);
    assert.deepEqual(delivered(alicesTablet), ["0<1 before", "1<2 after"]);
  });

  it("are stored once however often they are sent", async () => {
    const { alice, bob, conversation } = await newCouple(scope.mesh);
    const message = { conversation, number: 1, text: "once", clientMessageId: randomUUID() };
    // While the first is on its way, one answer settles all; afterwards each gets the same.
    for (let times = 0; times < 3; times++) sendText(alice, message);
    assert.equal((await alice.expect("sent")).seq, 1);
    for (let times = 0; times < 3; times++) {
      sendText(alice, message);
      assert.equal((await alice.expect("sent")).seq, 1);
    }
    sendText(alice, { conversation, number: 2, text: "twice" });
    await alice.expect("sent", ({ seq }) => seq === 2);
    await bob.expect("deliver", ({ entry }) => entry?.seq === 2);
    assert.deepEqual(new Set(delivered(bob)), new Set(["0<1 once", "1<2 twice"]));
  });

  it("conflict when a number or a key is used for another message", async () => {
    const { alice, bob, conversation } = await newCouple(scope.mesh);
    const clientMessageId = sendText(alice, { conversation, number: 1, text: "first" });
    await alice.expect("sent");

    const other = sendText(alice, { conversation, number: 1, text: "other" });
    const conflict = await alice.expect("conflict");
    assert.deepEqual(conflict, { conversation, clientMessageId: other, number: 1 });
    sendText(alice, { conversation, number: 2, text: "other", clientMessageId });
    assert.deepEqual(await alice.expect("conflict"), { conversation, clientMessageId, number: 2 });

    sendText(alice, { conversation, number: 2, text: "second" });
    assert.equal((await alice.expect("sent")).seq, 2);
    await bob.expect("deliver", ({ entry }) => entry?.seq === 2);
    assert.deepEqual(delivered(bob), ["0<1 first", "1<2 second"]);
  });

  it("are asked for again when one before them is missing", async () => {
    const { alice, conversation } = await newCouple(scope.mesh);
    sendText(alice, { conversation, number: 3, text: "third" });
    assert.deepEqual(await alice.expect("outOfOrder"), { conversation, expected: 1 });
  });

  it("pass between clients of both codecs unchanged", async () => {
    const { alice, bob, conversation } = await newCouple(scope.mesh, "json");
    const text = 'ünï¢ødé ✓✓ "quoted" \u0000 \u{1f600}';
    sendText(alice, { conversation, number: 1, text });
    await alice.expect("sent");
    assert.equal(textOf((await bob.expect("deliver")).entry), text);
    sendText(bob, { conversation, number: 1, text: `${text}!` });
    assert.equal((await bob.expect("sent")).seq, 2);
    assert.equal(textOf((await alice.expect("deliver")).entry), `${text}!`);
  });
});
