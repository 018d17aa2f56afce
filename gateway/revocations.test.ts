import assert from "node:assert/strict";
import type { WatchRevocationsResponse } from "../gen/chat/auth/v1/auth.js";
import { FakeClock } from "../lib/fake-clock.js";
import { silentLogger } from "../lib/log.js";
import { Revocations } from "./revocations.js";

const told = (device: string): WatchRevocationsResponse => ({
  revocations: [{ user: "us_a", device, atUnixMs: 0 }],
});
const ALIVE: WatchRevocationsResponse = { revocations: [] };

/** A feed that says what the test says, one watch after the other. */
class Feed {
  readonly clock = new FakeClock();
  readonly revoked: string[] = [];
  watches = 0;
  aborted = 0;
  #queue: (WatchRevocationsResponse | Error)[] = [];
  #wake: () => void = () => undefined;
  #idle: () => void = () => undefined;
  readonly revocations = new Revocations({
    watch: (signal) => this.#watch(signal),
    clock: this.clock,
    log: silentLogger,
    random: () => 1,
    revoked: (_user, device) => void this.revoked.push(device),
  });

  /** Resolves when all of it was taken in and the watcher waits again, or has given up. */
  async say(...items: (WatchRevocationsResponse | Error)[]): Promise<void> {
    this.#queue.push(...items);
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    this.#wake();
    await idle;
  }

  async *#watch(signal: AbortSignal): AsyncIterable<WatchRevocationsResponse> {
    this.watches++;
    signal.addEventListener("abort", () => {
      this.aborted++;
      this.#wake();
    });
    for (;;) {
      const item = this.#queue.shift();
      if (item instanceof Error) {
        setImmediate(() => this.#idle());
        throw item;
      }
      if (item) {
        yield item;
      } else {
        this.#idle();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        if (signal.aborted) throw new Error("aborted");
      }
    }
  }
}

describe("revocations", () => {
  it("are known and told once each", async () => {
    const feed = new Feed();
    feed.revocations.start();
    await feed.say(told("dv_1"), told("dv_1"), told("dv_2"));
    assert.deepEqual(feed.revoked, ["dv_1", "dv_2"]);
    assert.ok(feed.revocations.has("dv_1"));
    assert.ok(!feed.revocations.has("dv_3"));
    feed.revocations.stop();
  });

  it("are watched again when the feed breaks", async () => {
    const feed = new Feed();
    feed.revocations.start();
    await feed.say(told("dv_1"), new Error("broken"));
    feed.clock.advance(3000);
    await feed.say(told("dv_2"));
    assert.equal(feed.watches, 2);
    assert.deepEqual(feed.revoked, ["dv_1", "dv_2"]);
    feed.revocations.stop();
  });

  it("are watched anew when the feed is silent for 15 s, not while it gives signs of life", async () => {
    const feed = new Feed();
    feed.revocations.start();
    await feed.say(ALIVE);
    feed.clock.advance(10_000);
    await feed.say(ALIVE);
    feed.clock.advance(10_000);
    assert.equal(feed.aborted, 0);
    feed.clock.advance(5000);
    assert.equal(feed.aborted, 1);
    feed.revocations.stop();
  });

  it("are forgotten when no token of the device can be valid any more", async () => {
    const feed = new Feed();
    feed.revocations.start();
    await feed.say(told("dv_1"));
    for (let i = 0; i < 100; i++) {
      feed.clock.advance(10_000);
      await feed.say(ALIVE);
    }
    assert.ok(!feed.revocations.has("dv_1"));
    feed.revocations.stop();
  });

  it("end with stop: nothing is opened again", async () => {
    const feed = new Feed();
    feed.revocations.start();
    await feed.say(ALIVE);
    feed.revocations.stop();
    feed.clock.advance(60_000);
    assert.equal(feed.watches, 1);
  });
});
