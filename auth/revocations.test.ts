import { deepEqual, equal } from "node:assert/strict";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { FakeClock } from "../lib/fake-clock.js";
import { newId } from "../lib/ids.js";
import { openRevocationFeed, type RevocationFeed } from "./revocations.js";
import type { Revocation } from "./store.js";
import { refused } from "./testing/service.js";

/** 600 s of an access token, 30 s of tolerance and 30 s of margin. */
const keepMs = 660_000;

describe("the feed of revocations", () => {
  let clock: FakeClock;
  let feed: RevocationFeed;
  let stored: Revocation[];
  let dropped: number;
  let caller: AbortController;

  const revocation = (): Revocation => ({
    user: newId("us"),
    device: newId("dv"),
    atMs: clock.wallMs(),
  });
  const watch = () => feed.watch(caller.signal);

  async function open(): Promise<void> {
    feed = await openRevocationFeed({
      clock,
      accessLifeMs: 600_000,
      store: {
        async listRevocations(sinceMs) {
          stored = stored.filter(({ atMs }) => atMs >= sinceMs);
          return [...stored];
        },
      },
      events: {
        watcherDropped() {
          dropped++;
        },
      },
    });
  }

  beforeEach(async () => {
    clock = new FakeClock();
    caller = new AbortController();
    stored = [];
    dropped = 0;
    await open();
  });
  afterEach(() => {
    caller.abort();
    feed.close();
  });

  it("begins with those that matter, of before this process too, then tells each at once", async () => {
    stored = [{ ...revocation(), atMs: clock.wallMs() - keepMs - 1 }, revocation()];
    const [, recent] = stored;
    await open();
    const published = revocation();
    feed.publish(published);
    const watching = watch();
    deepEqual((await watching.next()).value, [recent, published]);
    const next = watching.next();
    const live = revocation();
    feed.publish(live);
    deepEqual((await next).value, [live]);
  });

  it("misses none and repeats none between the first ones and the live ones", async () => {
    const all: Revocation[] = [];
    const publish = () => {
      const one = revocation();
      all.push(one);
      feed.publish(one);
    };
    publish();
    const watching = watch();
    const seen: Revocation[] = [];
    const first = watching.next();
    publish();
    seen.push(...((await first).value ?? []));
    publish();
    while (seen.length < all.length) seen.push(...((await watching.next()).value ?? []));
    deepEqual(seen, all);
  });

  it("gives a sign of life at first and every 5 s", async () => {
    const watching = watch();
    deepEqual((await watching.next()).value, []);
    for (let n = 0; n < 3; n++) {
      const next = watching.next();
      clock.advance(5000);
      deepEqual((await next).value, []);
    }
  });

  it("tells all who watch", async () => {
    const watchers = Array.from({ length: 50 }, () => feed.watch(new AbortController().signal));
    await Promise.all(watchers.map((one) => one.next()));
    const nexts = watchers.map((one) => one.next());
    const live = revocation();
    feed.publish(live);
    for (const { value } of await Promise.all(nexts)) deepEqual(value, [live]);
  });

  it("gives many in several messages", async () => {
    for (let n = 0; n < 2500; n++) feed.publish(revocation());
    const watching = watch();
    const sizes: number[] = [];
    for (let n = 0; n < 3; n++) sizes.push((await watching.next()).value?.length ?? 0);
    deepEqual(sizes, [1000, 1000, 500]);
  });

  it("ends one who is too slow, and he gets all when he watches again", async () => {
    const slow = watch();
    await slow.next();
    for (let n = 0; n < 10_001; n++) feed.publish(revocation());
    await refused(slow.next(), ErrorReason.BUSY);
    equal(dropped, 1);
    let got = 0;
    for await (const { length } of watch()) {
      got += length;
      if (got === 10_001) break;
    }
  });

  it("forgets those that no token outlives", async () => {
    const old = revocation();
    feed.publish(old);
    stored = [old];
    equal(feed.has(old.user, old.device), true);
    clock.advance(keepMs + 1);
    deepEqual((await watch().next()).value, []);
    equal(feed.has(old.user, old.device), false);
    clock.advance(keepMs);
    deepEqual(stored, []);
  });

  it("ends with the caller, and with the service", async () => {
    for (const end of [() => caller.abort(), () => feed.close()]) {
      const watching = watch();
      await watching.next();
      const next = watching.next();
      end();
      equal((await next).done, true);
      caller = new AbortController();
    }
  });
});
