import assert from "node:assert/strict";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { PeerTyping, Presence as Told, TypingKind } from "../gen/chat/client/v1/presence.js";
import { FakeClock } from "../lib/fake-clock.js";
import type { FrameKind } from "./effects.js";
import type { ChatError } from "./errors.js";
import type { PresenceEvent } from "./events.js";
import { Presence } from "./presence.js";

const BOB = "us_000000000000bbbb";
const CHAT = "dm_000000000000aaaa_000000000000bbbb";

describe("presence in the SDK", () => {
  let clock: FakeClock;
  let sent: FrameKind[];
  let events: string[];
  let presence: Presence;

  beforeEach(() => {
    clock = new FakeClock();
    sent = [];
    events = [];
    presence = new Presence({
      clock,
      transmit: (kind) => sent.push(kind),
      emit: ({ name, value }) => {
        if (name === "presence") {
          events.push(value.online ? "online" : `seen ${value.lastSeenUnixMs}`);
        } else if (name === "typing") events.push(`${value.user} ${value.doing}`);
      },
    });
  });
  afterEach(() => presence.close());

  const hears = (fields: Partial<Told>) =>
    presence.take({ $case: "presence", value: Told.fromPartial({ user: BOB, ...fields }) });
  const types = (kind: TypingKind) => {
    const value = PeerTyping.fromPartial({ conversation: CHAT, user: BOB, kind });
    return presence.take({ $case: "peerTyping", value });
  };
  const typed = () => sent.flatMap((kind) => (kind.$case === "typing" ? kind.value.kind : []));
  const foregrounds = () =>
    sent.flatMap((kind) => (kind.$case === "foreground" ? kind.value.automatic : []));

  it("says that the app is open, first as the user's act and then by itself every 10 s", () => {
    presence.attach();
    presence.foreground();
    clock.advance(35_000);
    assert.deepEqual(foregrounds(), [false, true, true, true]);
    presence.background();
    clock.advance(60_000);
    assert.equal(foregrounds().length, 4);
    assert.equal(sent.at(-1)?.$case, "background");
  });

  it("tells an opening that had to wait for a connection, unless it waited too long", () => {
    presence.foreground();
    clock.advance(3_000);
    presence.attach();
    assert.deepEqual(foregrounds(), [false]);
    presence.detach();
    presence.attach();
    assert.deepEqual(foregrounds(), [false, true]);
    presence.detach();
    presence.foreground();
    clock.advance(16_000);
    presence.attach();
    assert.deepEqual(foregrounds(), [false, true, true]);
  });

  it("asks for a watched user at once, every 10 s, and with each connection", () => {
    presence.attach();
    const end = presence.watch(BOB);
    clock.advance(20_000);
    presence.detach();
    presence.attach();
    const asked = sent.flatMap((kind) => (kind.$case === "watch" ? kind.value : []));
    assert.equal(asked.length, 4);
    assert.ok(asked.every(({ user }) => user === BOB));
    assert.equal(new Set(asked.map(({ request }) => request)).size, 4);
    end();
    end();
    clock.advance(60_000);
    assert.equal(sent.length, 4);
  });

  it("shows what changes, and nothing twice", () => {
    presence.attach();
    presence.watch(BOB);
    hears({ lastSeenUnixMs: 5_000 });
    hears({ lastSeenUnixMs: 5_000 });
    hears({ online: true });
    hears({ online: true, user: "us_000000000000cccc" });
    assert.deepEqual(events, ["seen 5000", "online"]);
    assert.equal(presence.of(BOB).online, true);
  });

  it("does not go on to show somebody as online of whom nothing is heard any more", () => {
    presence.attach();
    presence.watch(BOB);
    hears({ online: true });
    clock.advance(30_000);
    assert.deepEqual(events, ["online", "seen 0"]);
  });

  it("shows nobody as online for longer than 15 s after what was heard of him last, whenever that was", () => {
    presence.attach();
    presence.watch(BOB);
    // Between two renewals: the answer to one comes after it.
    clock.advance(10_005);
    hears({ online: true });
    clock.advance(14_999);
    assert.deepEqual(events, ["online"]);
    clock.advance(1);
    assert.deepEqual(events, ["online", "seen 0"]);
  });

  it("does not end a watch that began anew with what the one before has heard", () => {
    presence.attach();
    const end = presence.watch(BOB);
    hears({ online: true });
    end();
    clock.advance(10_000);
    presence.watch(BOB);
    hears({ online: true });
    clock.advance(14_999);
    assert.deepEqual(events, ["online", "online"]);
  });

  it("answers a look with the next answer, and watches no longer", async () => {
    presence.attach();
    const looks = [presence.look(BOB), presence.look(BOB)];
    hears({ lastSeenUnixMs: 7_000 });
    const seen = (await Promise.all(looks)).map(({ lastSeenUnixMs }) => lastSeenUnixMs);
    assert.deepEqual(seen, [7_000, 7_000]);
    sent.length = 0;
    clock.advance(20_000);
    assert.deepEqual(sent, []);
  });

  describe("a look", () => {
    const requests = () =>
      sent.flatMap((kind) => (kind.$case === "watch" ? kind.value.request : []));
    const refuse = (reason: FailReason, retryAfterMs = 0) => {
      const request = requests().at(-1) ?? 0;
      presence.take({ $case: "failed", value: { request, reason, retryAfterMs } });
    };
    /** How the look ended, if it did. */
    const end = (look: Promise<PresenceEvent>) => {
      let how: PresenceEvent | string | undefined;
      look.then(
        (known) => (how = known),
        (error: ChatError) => (how = `${error.reason} ${error.retryAfterMs}`),
      );
      return async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return how;
      };
    };

    it("ends with FULL when too many are watched, and is not asked for any more", async () => {
      presence.attach();
      const how = end(presence.look(BOB));
      refuse(FailReason.TOO_MANY);
      assert.equal(await how(), "FULL 30000");
      sent.length = 0;
      clock.advance(20_000);
      assert.deepEqual(sent, []);
    });

    it("asks a busy server again when it says so, and is answered then", async () => {
      presence.attach();
      const how = end(presence.look(BOB));
      refuse(FailReason.BUSY, 1_000);
      clock.advance(999);
      assert.equal(requests().length, 1);
      clock.advance(1);
      assert.equal(requests().length, 2);
      hears({ online: true });
      assert.equal(((await how()) as PresenceEvent).online, true);
    });

    it("ends after 15 s at a server that stays busy, and at one that does not answer", async () => {
      presence.attach();
      const how = end(presence.look(BOB));
      for (let s = 0; s < 15; s++) {
        refuse(FailReason.BUSY, 1_000);
        clock.advance(1_000);
      }
      assert.equal(await how(), "UNREACHABLE 0");
      const silent = end(presence.look(BOB));
      clock.advance(14_999);
      assert.equal(await silent(), undefined);
      clock.advance(1);
      assert.equal(await silent(), "UNREACHABLE 0");
    });

    it("outlives a connection: the next one is asked", async () => {
      presence.attach();
      const how = end(presence.look(BOB));
      presence.detach();
      refuse(FailReason.BUSY, 100);
      clock.advance(5_000);
      assert.equal(requests().length, 1);
      presence.attach();
      assert.equal(requests().length, 2);
      hears({ lastSeenUnixMs: 7_000 });
      assert.equal(((await how()) as PresenceEvent).lastSeenUnixMs, 7_000);
    });

    it("ends without a connection, too", async () => {
      const how = end(presence.look(BOB));
      clock.advance(15_000);
      assert.equal(await how(), "UNREACHABLE 0");
    });

    it("ends when the client is closed, and begins no more", async () => {
      presence.attach();
      const how = end(presence.look(BOB));
      presence.close();
      assert.equal(await how(), "CLOSED 0");
      assert.equal(await end(presence.look(BOB))(), "CLOSED 0");
      assert.equal(clock.pending, 0);
    });
  });

  it("takes the refusals of its own questions, and leaves others alone", () => {
    presence.attach();
    presence.watch(BOB);
    const [watch] = sent.flatMap((kind) => (kind.$case === "watch" ? kind.value : []));
    const failed = (request: number) =>
      presence.take({ $case: "failed", value: { request, reason: 3, retryAfterMs: 0 } });
    assert.equal(failed(watch?.request ?? 0), true);
    assert.equal(failed(1), false);
  });

  it("says that the user is writing every 4 s, however often he presses a key", () => {
    presence.typing(CHAT);
    assert.equal(sent.length, 0);
    presence.attach();
    for (let s = 0; s < 10; s++) {
      presence.typing(CHAT);
      clock.advance(1_000);
    }
    presence.typing(CHAT, "recording");
    assert.deepEqual(typed(), [...Array(3).fill(TypingKind.TEXT), TypingKind.RECORDING]);
  });

  it("shows that a peer is writing for 6 s, or until his message comes", () => {
    types(TypingKind.TEXT);
    clock.advance(4_000);
    types(TypingKind.RECORDING);
    clock.advance(5_900);
    assert.deepEqual(events, [`${BOB} text`, `${BOB} recording`]);
    clock.advance(200);
    assert.deepEqual(events.splice(0).at(-1), `${BOB} undefined`);
    types(TypingKind.TEXT);
    const value = { conversation: CHAT, sender: BOB };
    presence.sees({ name: "message", value } as Parameters<Presence["sees"]>[0]);
    assert.deepEqual(events, [`${BOB} text`, `${BOB} undefined`]);
    clock.advance(10_000);
    assert.equal(events.length, 2);
  });

  it("leaves no timer behind", () => {
    presence.attach();
    presence.foreground();
    presence.watch(BOB);
    types(TypingKind.TEXT);
    presence.close();
    assert.equal(clock.pending, 0);
  });
});
