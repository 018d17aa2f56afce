import assert from "node:assert/strict";
import { newCouple, sendNumbers } from "../couple.js";
import type { Service } from "../mesh.js";
import { acknowledge, attach, catchUp, sendText, textOf } from "../people.js";
import type { RawClient } from "../protocol.js";
import { onEveryTopology, onTopology } from "../topologies.js";

onEveryTopology("a restart of everything that can be killed", (scope) => {
  it("forgets nothing that was acknowledged, and knows every repeated send", async () => {
    const { alicesDevice, alice, bobsDevice, bob, conversation } = await newCouple(scope.mesh);
    await sendNumbers(alice, conversation, { first: 1, last: 5 });
    const sixth = { conversation, number: 6, text: "no. 6", clientMessageId: crypto.randomUUID() };
    sendText(alice, sixth);
    await alice.expect("sent");
    bob.send("read", { conversation, seq: 4, automatic: false });
    await alice.expect("receipt", ({ read }) => read === 4);
    for (const service of scope.mesh.services) await scope.mesh.restart(service);
    alice.cut();
    bob.cut();

    const alicesReturn = await attach(scope.mesh, alicesDevice);
    sendText(alicesReturn, sixth);
    assert.equal((await alicesReturn.expect("sent")).seq, 6);
    alicesReturn.send("pullReceipts", { conversations: [conversation] });
    assert.equal((await alicesReturn.expect("receipt")).read, 4);
    const bobsReturn = await attach(scope.mesh, bobsDevice);
    const texts = bobsReturn.received.flatMap((frame) =>
      frame.$case === "deliver" ? [textOf(frame.value.entry)] : [],
    );
    // Cursors of devices are stored now and then: what was acknowledged may come again, never a gap.
    const all = ["no. 1", "no. 2", "no. 3", "no. 4", "no. 5", "no. 6"];
    assert.ok(texts.length >= 2, `got ${texts}`);
    assert.deepEqual(texts, all.slice(-texts.length));
    await alicesReturn.expect("receipt", ({ delivered }) => delivered === 6);
  });
});

onTopology("processes", "a restart behind open connections", (scope) => {
  for (const service of ["session", "parser", "receipts", "auth"] as const satisfies Service[]) {
    it(`of ${service} goes unnoticed: nobody reconnects, messages and ticks go on`, async () => {
      const { alice, bob, conversation } = await newCouple(scope.mesh);
      await roundTrip(alice, bob, { conversation, number: 1 });
      await scope.mesh.restart(service);
      await roundTrip(alice, bob, { conversation, number: 2 });
    });
  }

  for (const service of ["session", "parser"] as const satisfies Service[]) {
    it(`of ${service} between two sends keeps their order`, async () => {
      const { alice, bob, conversation } = await newCouple(scope.mesh);
      sendText(alice, { conversation, number: 1, text: "no. 1" });
      await alice.expect("sent");
      await scope.mesh.kill(service);
      const second = {
        conversation,
        number: 2,
        text: "no. 2",
        clientMessageId: crypto.randomUUID(),
      };
      const third = {
        conversation,
        number: 3,
        text: "no. 3",
        clientMessageId: crypto.randomUUID(),
      };
      sendText(alice, second);
      await scope.mesh.start(service);
      // The second may be lost with the process; the third must not overtake it.
      await untilAnswered(alice, third);
      await untilAnswered(alice, second);
      await untilAnswered(alice, third);
      await catchUp(bob);
      const texts = new Map<number, string>();
      for (const frame of bob.received) {
        if (frame.$case !== "deliver") continue;
        texts.set(frame.value.entry?.seq ?? 0, textOf(frame.value.entry));
      }
      assert.deepEqual([...texts.values()], ["no. 1", "no. 2", "no. 3"]);
    });
  }
});

/** One message there, its ticks back. */
async function roundTrip(
  from: RawClient,
  to: RawClient,
  { conversation, number }: { conversation: string; number: number },
): Promise<void> {
  const id = crypto.randomUUID();
  const seq = await untilAnswered(from, { conversation, number, text: "x", clientMessageId: id });
  await to.expect("deliver", ({ entry }) => entry?.clientMessageId === id);
  acknowledge(to, conversation, seq);
  await from.expect("receipt", ({ delivered }) => delivered === seq);
  to.send("read", { conversation, seq, automatic: false });
  await from.expect("receipt", ({ read }) => read === seq);
}

/** Repeats a send as a client would, until it is stored (gives its seq) or refused for its order (gives 0). */
async function untilAnswered(
  client: RawClient,
  message: Parameters<typeof sendText>[1] & { clientMessageId: string },
): Promise<number> {
  for (;;) {
    sendText(client, message);
    const answer = await client.firstOf(1000, (frame) => {
      if (frame.$case === "outOfOrder") return frame.value.expected < message.number;
      return frame.$case === "sent" && frame.value.clientMessageId === message.clientMessageId;
    });
    if (answer) return answer.$case === "sent" ? answer.value.seq : 0;
  }
}
