import assert from "node:assert/strict";
import type { CommitRecord, DeadLetter, DeadLetterKey } from "./store.js";
import { A, B, commit, entry, type Stage, takeOver } from "./store-rig.suite.js";

function letter(conversation: string, seq: number, device: string, nacks = 3): DeadLetter {
  return {
    conversation,
    seq,
    device,
    user: "us_aaaaaaaaaaaaaaaa",
    sender: "us_bbbbbbbbbbbbbbbb",
    reason: 2,
    nacks,
    firstAtUnixMs: 1_700_000_000_000 + seq,
    lastAtUnixMs: 1_700_000_009_000 + seq,
    unseen: nacks === 3,
  };
}

function parked(...args: Parameters<typeof letter>): CommitRecord {
  return { kind: "parked", letter: letter(...args) };
}

function names(letters: readonly DeadLetterKey[]): string[] {
  return letters.map(({ conversation, seq, device }) => `${conversation.at(-1)} ${seq} ${device}`);
}

export function parkedTests(at: Stage): void {
  const list = (after?: DeadLetterKey, limit = 100, conversation?: string) =>
    at.rig.store.listDeadLetters({ conversation, after, limit });

  it("are loaded with their conversation, and are there after a restart", async () => {
    await commit(at, entry(A, 1), entry(A, 2), parked(A, 2, "dv_1"), parked(B, 1, "dv_2"));
    await at.rig.restart();
    const loaded = await at.rig.store.loadConversation(A);
    assert.deepEqual(loaded?.parked, [letter(A, 2, "dv_1")]);
    assert.equal(loaded?.head, 2);
    assert.deepEqual((await at.rig.store.loadConversation(B))?.parked, [letter(B, 1, "dv_2")]);
  });

  it("are replaced by a newer one for the same entry and device", async () => {
    await commit(at, parked(A, 2, "dv_1"));
    await commit(at, parked(A, 2, "dv_1", 4));
    assert.deepEqual(await list(), [letter(A, 2, "dv_1", 4)]);
  });

  it("are gone when the device has the entry after all, and no others with them", async () => {
    await commit(at, parked(A, 2, "dv_1"), parked(A, 2, "dv_2"), parked(A, 3, "dv_1"));
    await commit(at, { kind: "replaced", conversation: A, seq: 2, device: "dv_1" });
    assert.deepEqual(names(await list()), ["b 2 dv_2", "b 3 dv_1"]);
    const loaded = await at.rig.store.loadConversation(A);
    assert.deepEqual(names(loaded?.parked ?? []), ["b 2 dv_2", "b 3 dv_1"]);
  });

  it("are listed by conversation, seq and device, page by page", async () => {
    const high = 2 ** 32 + 1;
    await commit(
      at,
      ...[parked(B, 1, "dv_1"), parked(A, high, "dv_1"), parked(A, 300, "dv_2")],
      ...[parked(A, 300, "dv_1"), parked(A, 2, "dv_9"), parked(`${A}x`, 7, "dv_1")],
    );
    const all = ["b 2 dv_9", "b 300 dv_1", "b 300 dv_2", `b ${high} dv_1`, "x 7 dv_1", "c 1 dv_1"];
    assert.deepEqual(names(await list()), all);
    const paged: DeadLetter[] = [];
    for (let page = await list(undefined, 2); page.length > 0; page = await list(page.at(-1), 2)) {
      paged.push(...page);
    }
    assert.deepEqual(names(paged), all);
    assert.deepEqual(names(await list(undefined, 100, A)), all.slice(0, 4));
    assert.deepEqual(names(await list(paged[1], 2, A)), all.slice(2, 4));
    assert.deepEqual(names(await list(paged[1], 100, B)), ["c 1 dv_1"]);
    assert.deepEqual(await list(undefined, 0), []);
  });

  it("are parked with the other records of their commit, or not at all", async () => {
    const lease = await takeOver(at);
    at.rig.faults.failNext("lost", new Error("IO error: broken"));
    await assert.rejects(at.rig.store.commit(lease, [entry(A, 1), parked(A, 1, "dv_1")]));
    await at.rig.recovered();
    assert.deepEqual(await list(), []);
  });
}
