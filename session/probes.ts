import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import type { Feed } from "./feed.js";
import { entryAt } from "./history.js";
import { nextVisible, previousVisible } from "./membership.js";
import { deliverOrHold } from "./placeholders.js";
import type { SessionStore } from "./store.js";

export interface ProbesDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pushes what the feed's window allows. */
  readonly fill: (feed: Feed) => void;
}

/**
 * Finds out what became of pushes that nobody acknowledged. A probe is the newest entry that was pushed, once more: it
 * comes to the device behind all the others, so that its answer is exact. A device that has them all acknowledges the last,
 * one that has only been slow does so, too, and costs this one entry; one that lacks some says with Resync where
 * it is, and gets the rest of the window in one go.
 */
export class Probes {
  #watched = new Set<Feed>();

  constructor(readonly deps: ProbesDeps) {}

  get watched(): number {
    return this.#watched.size;
  }

  /** Something of the feed is under way, or has still to be. */
  watch(feed: Feed): void {
    if (feed.watched) return;
    feed.watched = true;
    this.#watched.add(feed);
  }

  forget(feed: Feed): void {
    this.#watched.delete(feed);
  }

  /** Once a second: feeds without progress for long enough are probed, each rarer every time. */
  sweep(): void {
    const now = this.deps.clock.nowMs();
    for (const feed of this.#watched) {
      if (feed.device.live === undefined || (feed.inFlight === 0 && !isBehind(feed))) {
        feed.watched = false;
        this.#watched.delete(feed);
      } else if (now - feed.sinceMs >= feed.probeAfterMs) {
        feed.sinceMs = now;
        feed.paused = false;
        feed.probeAfterMs = Math.min(feed.probeAfterMs * 2, limits.probeMaxMs);
        if (feed.inFlight === 0) this.deps.fill(feed);
        else void this.#probe(feed);
      }
    }
  }

  async #probe(feed: Feed): Promise<void> {
    const { conversation, device, round, sent: seq } = feed;
    const member = conversation.memberOf(device.user);
    if (member === undefined) return;
    const entry = await entryAt(this.deps, conversation, seq);
    const connection = device.live;
    if (entry === undefined || connection === undefined || feed.round !== round) return;
    if (feed.acked >= seq) return;
    deliverOrHold(connection, conversation, previousVisible(member, seq), entry);
  }
}

/** Whether there is more for the device: of one who left, not what came after him. */
function isBehind({ conversation, device, sent }: Feed): boolean {
  const member = conversation.memberOf(device.user);
  return member !== undefined && nextVisible(member, sent) <= conversation.fannedOut;
}
