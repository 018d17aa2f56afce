import { isIPv6 } from "node:net";
import { LRUCache } from "lru-cache";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";
import type { LimitsConfig } from "./config.js";

export interface RateLimit {
  /** Counts one attempt; rejects with RATE_LIMITED and the time to wait when there were too many. */
  take(key: string): Promise<void>;
  /** Takes one attempt back. */
  giveBack(key: string): Promise<void>;
}

export interface RateLimits {
  readonly registerPerAddress: RateLimit;
  readonly loginPerAddress: RateLimit;
  readonly loginPerName: RateLimit;
  readonly lookUpPerCaller: RateLimit;
  readonly privacyPerCaller: RateLimit;
}

/** Keys counted per limit. Beyond it the one not seen for longest is forgotten: it is let in rather than anyone kept out. */
const KEYS_MAX = 100_000;

export function createRateLimits(config: LimitsConfig): RateLimits {
  const { windowMs } = config;
  return {
    registerPerAddress: createRateLimit({ count: config.registerPerAddress, windowMs }),
    loginPerAddress: createRateLimit({ count: config.loginPerAddress, windowMs }),
    loginPerName: createRateLimit({ count: config.loginPerName, windowMs }),
    lookUpPerCaller: createRateLimit({ count: config.lookUpPerCaller, windowMs }),
    privacyPerCaller: createRateLimit({ count: config.privacyPerCaller, windowMs }),
  };
}

/** So many per key and window; 0 for no limit. The library counts in the time of the system. */
export function createRateLimit(limit: {
  count: number;
  windowMs: number;
  keysMax?: number;
}): RateLimit {
  if (limit.count === 0) return { take: async () => undefined, giveBack: async () => undefined };
  const limiter = new RateLimiterMemory({
    points: limit.count,
    duration: limit.windowMs / 1000,
  });
  const seen = new LRUCache<string, true>({
    max: limit.keysMax ?? KEYS_MAX,
    dispose: (_, key, reason) => {
      if (reason === "evict") void limiter.delete(key);
    },
  });
  return {
    async take(key) {
      seen.set(key, true);
      try {
        await limiter.consume(key);
      } catch (error) {
        if (error instanceof RateLimiterRes) throw limited(error.msBeforeNext);
        throw error;
      }
    },
    async giveBack(key) {
      if (seen.has(key)) await limiter.reward(key);
    },
  };
}

/** What one client is counted by: an IPv6 client has a whole /64 to choose addresses from. */
export function addressKey(address: string): string {
  const short = address.slice(0, 64);
  const bare = short.split("%", 1)[0] ?? "";
  if (!isIPv6(bare)) return short;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped?.[1] !== undefined) return mapped[1];
  return `${network64(bare)}::/64`;
}

function network64(address: string): string {
  const [head = "", tail = ""] = address.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  // A dotted quad at the end stands for two groups.
  const count = before.length + after.length + (address.includes(".") ? 1 : 0);
  const zeros = Array<string>(Math.max(0, 8 - count)).fill("0");
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}

function limited(retryAfterMs: number): RpcError {
  const wait = Math.max(1, Math.ceil(retryAfterMs));
  return new RpcError(ErrorReason.RATE_LIMITED, "too many attempts, try again later", wait);
}
