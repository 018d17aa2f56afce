import { equal } from "node:assert/strict";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { addressKey, createRateLimit } from "./rate-limits.js";
import { refused } from "./testing/service.js";

const windowMs = 60_000;

describe("a rate limit", () => {
  it("lets so many through per key, then says how long to wait", async () => {
    const limit = createRateLimit({ count: 2, windowMs });
    await limit.take("a");
    await limit.take("a");
    const { retryAfterMs } = await refused(limit.take("a"), ErrorReason.RATE_LIMITED);
    equal(retryAfterMs > 0 && retryAfterMs <= windowMs, true);
    await limit.take("b");
  });

  it("counts anew in the next window", async () => {
    const limit = createRateLimit({ count: 1, windowMs });
    const realNow = Date.now;
    await limit.take("a");
    await refused(limit.take("a"), ErrorReason.RATE_LIMITED);
    try {
      // The library reads the system's clock: there is no other way to move it.
      Date.now = () => realNow() + windowMs + 1;
      await limit.take("a");
      await refused(limit.take("a"), ErrorReason.RATE_LIMITED);
    } finally {
      Date.now = realNow;
    }
  });

  it("does not count what was given back", async () => {
    const limit = createRateLimit({ count: 1, windowMs });
    for (let n = 0; n < 5; n++) {
      await limit.take("a");
      await limit.giveBack("a");
    }
    await limit.take("a");
    await refused(limit.take("a"), ErrorReason.RATE_LIMITED);
  });

  it("forgets the key seen longest ago when there are too many", async () => {
    const limit = createRateLimit({ count: 1, windowMs, keysMax: 2 });
    await limit.take("a");
    await limit.take("b");
    await limit.take("c");
    await limit.take("a");
    await refused(limit.take("c"), ErrorReason.RATE_LIMITED);
  });

  it("of 0 never refuses", async () => {
    const limit = createRateLimit({ count: 0, windowMs });
    for (let n = 0; n < 100; n++) await limit.take("a");
  });
});

describe("the key of an address", () => {
  const keys: [address: string, key: string][] = [
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["", ""],
    ["no address", "no address"],
  ];
  for (const [address, key] of keys) {
    it(`of "${address}" is "${key}"`, () => equal(addressKey(address), key));
  }

  it("is short, however long the address", () => {
    equal(addressKey("x".repeat(100_000)).length, 64);
  });
});
