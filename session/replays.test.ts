import assert from "node:assert/strict";
import { NackReason } from "../gen/chat/client/v1/delivery.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { ReplayOutcome } from "../gen/chat/session/v1/session.js";
import { RpcError } from "../lib/errors.js";
import { directId, newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { listDeadLetters } from "./handlers/list-dead-letters.js";
import { replayDeadLetter } from "./handlers/replay-dead-letter.js";
import { startPair } from "./testing/pair.js";
import type { FakeDevice, Rig } from "./testing/rig.js";

describe("a replay of a parked entry", () => {
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let chat: string;

  beforeEach(async () => {
    ({ rig, a, b, chat } = await startPair());
    for (let number = 1; number <= 3; number++) a.send(chat, number);
    await rig.settle();
    for (let times = 0; times < limits.nacksMax; times++) {
      nack(2);
      await rig.settle();
      rig.clock.advance(1_000);
      await rig.settle();
    }
    b.ack(chat, 3);
    await rig.settle();
  });

  afterEach(() => rig.stop());

  function nack(seq: number): void {
    const reason = NackReason.APPLICATION;
    b.say({ $case: "nack", value: { conversation: chat, seq, reason } });
  }

  const replay = async (seq = 2, device = b.device, conversation = chat) => {
    const { conversations, replays } = rig.service;
    const request = { conversation, seq, device };
    return (await replayDeadLetter(conversations, replays)(request)).outcome;
  };

  const list = (request = {}) =>
    listDeadLetters(rig.store)({ conversation: "", after: "", limit: 0, ...request });

  it("brings the entry, and when the device has it nothing is parked and its tick is claimed", async () => {
    assert.deepEqual(a.last("receipt")?.except, [2]);
    const outcome = replay();
    await rig.until(() => b.last("replace") !== undefined);
    assert.equal(b.last("replace")?.entry?.seq, 2);
    b.say({ $case: "replaced", value: { conversation: chat, seq: 2 } });
    assert.equal(await outcome, ReplayOutcome.REPLACED);
    await rig.settle();
    assert.deepEqual((await list()).deadLetters, []);
    assert.deepEqual(a.last("receipt")?.except, []);
    b.received.length = 0;
    b.say({ $case: "resync", value: { conversation: chat, last: 1 } });
    await rig.until(() => b.seqs.length === 2);
    await assert.rejects(replay(), isNotFound);
  });

  it("is counted when the device fails again, which an old Nack is not", async () => {
    nack(2);
    await rig.settle();
    assert.equal((await list()).deadLetters[0]?.nacks, 3);
    const outcome = replay();
    await rig.until(() => b.last("replace") !== undefined);
    nack(2);
    assert.equal(await outcome, ReplayOutcome.REFUSED);
    await rig.settle();
    assert.equal((await list()).deadLetters[0]?.nacks, 4);
    assert.deepEqual(a.last("receipt")?.except, [2]);
  });

  it("says when the device is away, and sends nothing", async () => {
    b.detach();
    await rig.settle();
    assert.equal(await replay(), ReplayOutcome.NOT_CONNECTED);
    b.attach();
    await rig.settle();
    assert.equal(b.last("replace"), undefined);
  });

  it("ends without an answer after a while; one that comes later counts", async () => {
    const outcome = replay();
    await rig.until(() => b.last("replace") !== undefined);
    rig.clock.advance(limits.replayMs);
    assert.equal(await outcome, ReplayOutcome.NO_ANSWER);
    b.say({ $case: "replaced", value: { conversation: chat, seq: 2 } });
    await rig.settle();
    assert.deepEqual((await list()).deadLetters, []);
  });

  it("finds nothing that is not parked for that device", async () => {
    await assert.rejects(replay(1), isNotFound);
    await assert.rejects(replay(2, a.device), isNotFound);
    await assert.rejects(replay(2, b.device, directId(a.user, newId("us"))), isNotFound);
  });

  it("is found in the list, whose pages are bounded", async () => {
    const { deadLetters, after } = await list({ limit: 1 });
    assert.deepEqual([deadLetters.length, after], [1, ""]);
    assert.equal("unseen" in (deadLetters[0] ?? {}), false);
    const next = await list({ after: `${chat}/2/${b.device}` });
    assert.deepEqual(next, { deadLetters: [], after: "" });
    const isInvalid = (error: unknown) =>
      error instanceof RpcError && error.reason === ErrorReason.INVALID;
    await assert.rejects(list({ limit: limits.deadLettersPageMax + 1 }), isInvalid);
    await assert.rejects(list({ after: "somewhere" }), isInvalid);
  });
});

function isNotFound(error: unknown): boolean {
  return error instanceof RpcError && error.reason === ErrorReason.NOT_FOUND;
}
