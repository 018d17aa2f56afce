import type { WatchRevocationsResponse } from "../gen/chat/auth/v1/auth.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import { Feed } from "../lib/rpc/feed.js";

/** Tokens live 10 min and are tolerated 30 s longer; afterwards a revoked device has none. */
const REMEMBER_MS = 15 * 60_000;

interface Deps {
  /** Opens the feed; it ends when the signal fires. */
  readonly watch: (signal: AbortSignal) => AsyncIterable<WatchRevocationsResponse>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** A device was revoked just now, as far as is known here. */
  readonly revoked: (user: string, device: string) => void;
}

/**
 * The devices whose tokens are void though they verify. While auth cannot be reached the list may be out of date: the
 * feed repeats what it told within the life of a token when it is opened again.
 */
export class Revocations {
  readonly #deps: Deps;
  /** Device → when to forget it, in the order of arrival. */
  readonly #devices = new Map<string, number>();
  readonly #feed: Feed<WatchRevocationsResponse>;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#feed = new Feed({
      ...deps,
      name: "revocations",
      begin: () => {},
      take: ({ revocations }) => {
        for (const { user, device } of revocations) this.#add(user, device);
        this.#forget();
      },
    });
  }

  has(device: string): boolean {
    return this.#devices.has(device);
  }

  /** Watches until `stop`. */
  start(): void {
    this.#feed.start();
  }

  stop(): void {
    this.#feed.stop();
  }

  #add(user: string, device: string): void {
    const known = this.#devices.delete(device);
    this.#devices.set(device, this.#deps.clock.nowMs() + REMEMBER_MS);
    if (!known) this.#deps.revoked(user, device);
  }

  #forget(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const [device, untilMs] of this.#devices) {
      if (untilMs > nowMs) return;
      this.#devices.delete(device);
    }
  }
}
