import type { Logger } from "../lib/log.js";
import type { Conversation } from "./conversation.js";
import type { Delivery } from "./delivery.js";
import type { Feed } from "./feed.js";
import type { HomeDevice } from "./home-user.js";
import type { DeviceCursor, SessionStore } from "./store.js";

/**
 * Stores what devices acknowledged, in bulk and late: a cursor that is lost costs a second delivery, which the device
 * drops.
 */
export class Cursors {
  constructor(
    readonly deps: {
      readonly store: SessionStore;
      readonly delivery: Delivery;
      readonly log: Logger;
    },
  ) {}

  /** Stores every cursor that rose since the last time. */
  async flush(): Promise<void> {
    const byDevice = new Map<HomeDevice, Feed[]>();
    for (const feed of this.deps.delivery.takeDirty()) {
      feed.dirty = false;
      const feeds = byDevice.get(feed.device);
      if (feeds === undefined) byDevice.set(feed.device, [feed]);
      else feeds.push(feed);
    }
    await Promise.all([...byDevice].map(([device, feeds]) => this.#store(device, feeds)));
  }

  async #store(device: HomeDevice, feeds: readonly Feed[]): Promise<void> {
    const cursors = new Map<string, DeviceCursor>();
    for (const feed of feeds) {
      const { conversation, cursor } = feed;
      const confirmed = confirmedOf(conversation, device.user.id, cursor);
      feed.unconfirmed = confirmed < cursor;
      cursors.set(conversation.id, { cursor, confirmed, base: 0 });
    }
    try {
      await this.deps.store.writeDevice(device.user.id, device.id, { cursors, durable: false });
    } catch (error) {
      this.deps.log.warn({ err: error }, "cursors could not be stored; they are kept in memory");
      for (const feed of feeds) this.deps.delivery.keepDirty(feed);
    }
  }
}

/** How much of the cursor needs no further announcement to receipts. */
function confirmedOf(conversation: Conversation, user: string, cursor: number): number {
  const confirmed = conversation.member(user)?.confirmedDelivered ?? 0;
  const owed = Math.min(cursor, conversation.lastForeign(user));
  return confirmed >= owed ? cursor : Math.min(confirmed, cursor);
}
