import assert from "node:assert/strict";
import { type Couple, newCouple, sendNumbers } from "../couple.js";
import { acknowledge, attach, catchUp, login, sendText, textOf } from "../people.js";
import { RawClient } from "../protocol.js";
import { onEveryTopology, onTopology } from "../topologies.js";
import { until } from "../until.js";

onEveryTopology("resume", (scope) => {
  it("goes on where the acknowledgements end when a client reconnects in the middle of it", async () => {
    const { alice, bob, bobsDevice, conversation } = await newCouple(scope.mesh);
    await bob.close();
    await sendNumbers(alice, conversation, { first: 1, last: 200 });

    const { accessToken } = bobsDevice;
    const first = await RawClient.connect(scope.mesh, { accessToken });
    first.send("resume", { token: 900_001 });
    for (let seq = 1; seq <= 30; seq++) await first.expect("deliver", isSeq(seq));
    acknowledge(first, conversation, 20);
    await first.expect("deliver", isSeq(70));
    first.cut();

    const second = await attach(scope.mesh, bobsDevice);
    const seqs = deliveredSeqs(second);
    assert.equal(seqs[0], 21);
    assert.deepEqual(seqs, range(21, 200));
    await alice.expect("receipt", ({ delivered }) => delivered === 200);
  });

  it("pushes a bounded window and waits for acknowledgements", async () => {
    const { alice, bob, bobsDevice, conversation } = await newCouple(scope.mesh);
    await bob.close();
    await sendNumbers(alice, conversation, { first: 1, last: 100 });
    const again = await RawClient.connect(scope.mesh, { accessToken: bobsDevice.accessToken });
    again.send("resume", { token: 900_002 });
    await again.expect("deliver", isSeq(64));
    acknowledge(again, conversation, 1);
    await again.expect("deliver", isSeq(65));
    assert.deepEqual(deliveredSeqs(again), range(1, 65));
    await catchUp(again);
  });

  it("delivers again from where a client says it has a gap", async () => {
    const { alice, bob, conversation } = await newCouple(scope.mesh);
    await sendNumbers(alice, conversation, { first: 1, last: 3 });
    await bob.expect("deliver", isSeq(3));
    bob.send("resync", { conversation, last: 1 });
    await bob.expect("deliver", isSeq(2));
    await bob.expect("deliver", ({ entry, after }) => entry?.seq === 2 && after === 1);
    await bob.expect("deliver", isSeq(3));
  });

  it("tells the last tick of a quiet chat to an author whose push was lost", async () => {
    const { alice, alicesDevice, bob, conversation } = await newCouple(scope.mesh);
    await sendNumbers(alice, conversation, { first: 1, last: 1 });
    await bob.expect("deliver");
    alice.cut();
    await alice.closed;
    bob.send("read", { conversation, seq: 1, automatic: false });
    await bob.expect("receipt", ({ ownRead }) => ownRead === 1);

    const again = await attach(scope.mesh, alicesDevice);
    again.send("pullReceipts", { conversations: [conversation] });
    const receipt = await again.expect("receipt");
    assert.deepEqual([receipt.delivered, receipt.read], [1, 1]);
  });

  it("starts a client that lost its outbox behind its last number", async () => {
    const { alice, conversation } = await newCouple(scope.mesh);
    await sendNumbers(alice, conversation, { first: 1, last: 2 });
    alice.send("getLastNumber", { request: 5, conversation });
    const { request, number } = await alice.expect("lastNumber");
    assert.deepEqual([request, number], [5, 2]);
    sendText(alice, { conversation, number: 3, text: "no. 3" });
    assert.equal((await alice.expect("sent")).seq, 3);
  });
});

const SOON_QUIET = { CHAT_SESSION_ATTENTION_MS: "1000" };

onTopology(
  "all",
  "a new device",
  (scope) => {
    it("starts at the heads of quiet conversations: what was before is there to fetch", async () => {
      const { alice, bob, bobsDevice, conversation } = await newCouple(scope.mesh);
      await sendNumbers(alice, conversation, { first: 1, last: 3 });
      await bob.expect("deliver", isSeq(3));
      acknowledge(bob, conversation, 3);
      await until("the conversation to be quiet", async () => {
        bob.send("listConversations", { request: 1, after: "", limit: 0 });
        const { conversations } = await bob.expect("conversations");
        return conversations[0]?.open === false;
      });
      const tablet = await attach(scope.mesh, await login(scope.mesh, bobsDevice));
      const bases = tablet.received.flatMap((f) => (f.$case === "bases" ? f.value.bases : []));
      assert.deepEqual(bases[0], { conversation, seq: 3 });
      await sendNumbers(alice, conversation, { first: 4, last: 4 });
      assert.equal((await tablet.expect("deliver", isSeq(4))).after, 3);
      assert.deepEqual(deliveredSeqs(tablet), [4]);
    });
  },
  SOON_QUIET,
);

onEveryTopology("history", (scope) => {
  const LAST = 130;
  let couple: Couple;

  before(async () => {
    couple = await newCouple(scope.mesh);
    await sendNumbers(couple.alice, couple.conversation, { first: 1, last: LAST });
  });

  it("comes page by page, newest first, to its beginning", async () => {
    const { bob, conversation } = couple;
    const pages: number[][] = [];
    let before = 0;
    do {
      const request = pages.length + 1;
      bob.send("fetchHistory", { request, conversation, before, limit: 50 });
      const page = await bob.expect("history", (history) => history.request === request);
      pages.push(page.entries.map(({ seq }) => seq));
      for (const entry of page.entries) assert.equal(textOf(entry), `no. ${entry.seq}`);
      before = page.before;
    } while (before !== 0);
    assert.deepEqual(pages, [range(81, 130), range(31, 80), range(1, 30)]);
  });

  it("lists the conversation", async () => {
    const { bob, conversation } = couple;
    bob.send("listConversations", { request: 7, after: "", limit: 0 });
    const { conversations } = await bob.expect("conversations");
    assert.deepEqual(
      conversations.map((summary) => summary.conversation),
      [conversation],
    );
  });

  it("tells the author, and nobody else, who has received and read an entry and when", async () => {
    const { alice, alicesDevice, bob, bobsDevice, conversation } = couple;
    bob.send("read", { conversation, seq: LAST, automatic: false });
    await alice.expect("receipt", ({ read }) => read === LAST);
    alice.send("getMessageInfo", { request: 8, conversation, seq: 2 });
    const { members } = await alice.expect("messageInfo");
    assert.deepEqual(
      members.map(({ user }) => user),
      [bobsDevice.user],
    );
    const [member] = members;
    assert.ok(member && member.deliveredAtUnixMs > 0);
    assert.ok(member.readAtUnixMs >= member.deliveredAtUnixMs);

    bob.send("getMessageInfo", { request: 9, conversation, seq: 2 });
    assert.equal((await bob.expect("failed")).request, 9);
    assert.notEqual(alicesDevice.user, bobsDevice.user);
  });
});

function isSeq(seq: number) {
  return ({ entry }: { entry?: { seq: number } | undefined }) => entry?.seq === seq;
}

function deliveredSeqs(client: RawClient): number[] {
  return client.received.flatMap((frame) =>
    frame.$case === "deliver" ? [frame.value.entry?.seq ?? 0] : [],
  );
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
