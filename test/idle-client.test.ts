import assert from "node:assert/strict";
import { CountingClock, next, Rig } from "../client/testing/rig.js";
import { TestBench } from "../parser/testing/test-bench.js";
import { until } from "./until.js";

const HOUR_MS = 3_600_000;
/** How much faster than the real one the client's clock runs. */
const SPEED = 300;
/** Frames that a client says by itself in an hour with messages coming in, and cut off now and then. */
const EXPECTED = ["ping", "ack", "resume", "pullReceipts", "watch", "read", "fetchHistory"];

describe("a client whose user does nothing", () => {
  it("moves last seen by nothing in an hour, and one Read of his does", async () => {
    const rig = await Rig.start();
    const bench = new TestBench();
    const clock = new CountingClock();
    try {
      const alice = await rig.register("alice");
      const bob = await rig.register("bob", { clock });
      const { user, device } = bob.account;
      /** What the parser reports as active of all that the server got of Bob since the last look. */
      let looked = 0;
      const kinds = new Set<string>();
      const reported = () => {
        for (const { device: from, frame } of rig.server.received.slice(looked)) {
          if (from !== device) continue;
          kinds.add(frame.$case);
          bench.clientSends(frame, { user, device });
        }
        looked = rig.server.received.length;
        return bench.reported();
      };
      await Promise.all([alice.connect(), bob.connect()]);
      clock.speed = SPEED;
      const startMs = clock.nowMs();
      bob.presence.watch(alice.account.user);
      // The app shows the chat: what comes in is read, but not by anybody's doing.
      const off = bob.on("message", ({ conversation, seq }) => {
        bob.markRead(conversation, seq, true).catch(() => {});
        bob.history(conversation).catch(() => {});
      });
      for (let sent = 1; clock.nowMs() - startMs < HOUR_MS; sent++) {
        const arrived = next(bob, "message", ({ text }) => text === `no. ${sent}`);
        await alice.send(user, `no. ${sent}`);
        await arrived;
        if (sent % 10 === 0) rig.server.closeAll(4001, "", device);
        assert.deepEqual(reported(), []);
        await until("time to pass", () => clock.nowMs() - startMs > sent * 60_000);
      }
      assert.deepEqual(reported(), []);
      for (const kind of EXPECTED) assert.ok(kinds.has(kind), `the client never said ${kind}`);

      // He closes the chat, and opens it when something has come.
      off();
      const opened = next(bob, "message", ({ text }) => text === "the last one");
      await alice.send(user, "the last one");
      const { conversation, seq } = await opened;
      await bob.markRead(conversation, seq);
      await until("the Read", () => reported().includes(user));
    } finally {
      await rig.stop();
    }
  }).timeout(120_000);
});
