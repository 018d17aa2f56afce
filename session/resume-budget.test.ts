import assert from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { directId, newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { Rig } from "./testing/rig.js";

const TEXT_BYTES = 20_000;

describe("a device that resumes many conversations at once", () => {
  it("gets no more unacknowledged bytes than the budget and one entry of each", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    let rig = await Rig.start({ kv });
    let b = rig.device(newId("us")).attach();
    await rig.settle();
    b.detach();
    const chats: string[] = [];
    for (let i = 0; i < limits.resumeConversations; i++) {
      const a = rig.device(newId("us")).attach();
      const chat = directId(a.user, b.user);
      chats.push(chat);
      for (let n = 1; n <= 3; n++) a.send(chat, n, "z".repeat(TEXT_BYTES));
    }
    await rig.settle();
    await rig.stop();

    const { user, device } = b;
    rig = await Rig.start({ kv });
    b = Object.assign(rig.device(user), { device }).attach();
    b.say({ $case: "resume", value: { token: 1 } });
    await rig.settle();
    const first = b.seqs.length;
    assert.ok(first * TEXT_BYTES <= limits.resumeBytes + TEXT_BYTES, `${first} entries`);
    for (let seen = 0; b.seqs.length > seen; ) {
      seen = b.seqs.length;
      for (const { conversation, entry } of b.all("deliver")) {
        b.ack(conversation, entry?.seq ?? 0);
      }
      await rig.settle();
    }
    assert.equal(b.seqs.length, 3 * chats.length);
    assert.equal(b.last("caughtUp")?.pending, 0);
    await rig.stop();
  });
});
