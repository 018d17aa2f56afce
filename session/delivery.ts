import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import { FanOut } from "./fan-out.js";
import { Feed } from "./feed.js";
import type { Connection, HomeDevice } from "./home-user.js";
import { canSee, lastVisible, nextVisible, previousVisible } from "./membership.js";
import { deliverOrHold } from "./placeholders.js";
import { Probes } from "./probes.js";
import type { EntryRange, SessionStore, StoredEntry } from "./store.js";
import { Turns } from "./turns.js";

export interface DeliveryDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** A device's cursor rose: what the member has may have risen with it. */
  readonly cursorRose: (conversation: Conversation, member: OwnedMember) => void;
  /** A device that resumes has all of this conversation that was there when it came. */
  readonly drained: (device: HomeDevice, conversation: string) => void;
}

/**
 * Pushes entries to devices and moves their cursors by what they acknowledge: live, by pages for those behind, again for
 * those that fell silent. Dropping a push is always safe: the cursor tells.
 */
export class Delivery {
  #fanOut = new FanOut();
  #turns = new Turns((conversation, entry, device) => this.#deliver(conversation, entry, device));
  readonly #probes: Probes;
  #dirty = new Set<Feed>();

  constructor(readonly deps: DeliveryDeps) {
    this.#probes = new Probes({ ...deps, fill: (feed) => this.fill(feed) });
  }

  /** An entry became durable: it goes to every connected device of those who may see it, in a large group when it is its turn. */
  committed(conversation: Conversation, entry: StoredEntry, senderDevice: string): void {
    if (conversation.members.length > limits.fanOutAtOnce) {
      this.#turns.add(conversation, entry, senderDevice);
    } else this.#deliver(conversation, entry, senderDevice);
  }

  #deliver(conversation: Conversation, entry: StoredEntry, senderDevice: string): void {
    const now = this.deps.clock.nowMs();
    const { seq } = entry;
    conversation.fannedOut = seq;
    let plannedAfter = -1;
    for (const member of conversation.members) {
      if (!canSee(member, seq)) continue;
      const after = previousVisible(member, seq);
      for (const device of member.home.devices) {
        const feed = this.#atHead(conversation, device, seq, after);
        if (feed === undefined) continue;
        feed.pushed(seq, 0, now);
        this.#probes.watch(feed);
        // The sending device got Sent instead; it acknowledges that.
        if (device.id === senderDevice) continue;
        if (after !== plannedAfter) this.#fanOut.deliver(conversation, plannedAfter, entry);
        plannedAfter = after;
        this.#fanOut.add(device.connection as Connection);
      }
    }
    this.#fanOut.deliver(conversation, plannedAfter, entry);
  }

  /** The feed, when this entry is the next one for the device and may be pushed now. */
  #atHead(conversation: Conversation, device: HomeDevice, seq: number, after: number) {
    if (device.live === undefined) return undefined;
    if (device.resume?.comparing) {
      device.resume.missed.add(conversation.id);
      return undefined;
    }
    const feed =
      this.#existing(conversation, device) ?? this.#feed(conversation, device, after, true);
    if (feed.sent < after || feed.sent >= seq || feed.inFlight >= limits.windowEntries) {
      return undefined;
    }
    if (feed.inFlight === 0 && feed.sent + 1 < seq) feed.skip(seq - 1);
    return feed;
  }

  /** The feed in memory; one that belongs to an earlier life of the device is dropped. */
  #existing(conversation: Conversation, device: HomeDevice): Feed | undefined {
    const feed = conversation.feeds.get(device.id);
    if (feed === undefined || feed.device === device) return feed;
    return void this.forget(feed);
  }

  #feed(conversation: Conversation, device: HomeDevice, from: number, assumed: boolean): Feed {
    const feed = new Feed(conversation, device, from, assumed);
    conversation.feeds.set(device.id, feed);
    device.feeds.add(feed);
    return feed;
  }

  /** The device has stored everything up to `seq`. A seq it cannot have seen is ignored: false. */
  acknowledge(conversation: Conversation, device: HomeDevice, seq: number): boolean {
    const member = conversation.memberOf(device.user);
    if (member === undefined || seq > conversation.head) return false;
    // What he may not see he cannot have stored.
    if (seq < 1 || !canSee(member, seq)) return false;
    const feed =
      this.#existing(conversation, device) ?? this.#feed(conversation, device, seq - 1, false);
    feed.advance(seq, this.deps.clock.nowMs());
    if (feed.dirty) this.#dirty.add(feed);
    if (seq > member.delivered) {
      member.delivered = seq;
      this.deps.cursorRose(conversation, member);
    }
    if (feed.target > 0 && feed.acked >= feed.target) this.#reached(feed);
    if (feed.sent < conversation.fannedOut) this.fill(feed);
    this.#unblock(device);
    return true;
  }

  /** The device says where it is; obeyed even below its cursor. */
  resync(conversation: Conversation, device: HomeDevice, last: number): void {
    const member = conversation.memberOf(device.user);
    if (member === undefined || last > conversation.head) return;
    const feed =
      this.#existing(conversation, device) ?? this.#feed(conversation, device, last, false);
    // What it refused is still in line: it comes again when it is time.
    if (feed.paused && feed.acked === last) return;
    feed.restart(last, this.deps.clock.nowMs());
    this.fill(feed);
  }

  /**
   * A device came (back) and its home found that this conversation may have something for it. `cursor` is what is stored
   * of the device, `confirmed` what receipts had confirmed of it.
   */
  resume(conversation: Conversation, device: HomeDevice, cursor: number, confirmed: number): void {
    const member = conversation.memberOf(device.user);
    if (member === undefined) return this.passOver(conversation, device);
    let feed = this.#existing(conversation, device);
    const known = Math.max(cursor, feed?.cursor ?? 0);
    if (known > confirmed && known > member.delivered) {
      member.delivered = Math.min(known, conversation.head);
      this.deps.cursorRose(conversation, member);
    }
    const target = lastVisible(member, conversation.head);
    if (known >= target) return this.deps.drained(device, conversation.id);
    feed ??= this.#feed(conversation, device, known, false);
    if (feed.assumed || feed.inFlight === 0) feed.restart(known, this.deps.clock.nowMs());
    feed.target = target;
    this.fill(feed);
  }

  /** The user is no longer remembered as a member: nothing there is for him, and his device is not to be asked about it again. */
  passOver({ id, head }: Conversation, device: HomeDevice): void {
    const { store, log } = this.deps;
    const cursors = new Map([[id, { cursor: head, confirmed: head, base: 0 }]]);
    store
      .writeDevice(device.user.id, device.id, { cursors, durable: false })
      .catch((error: unknown) => {
        log.warn({ err: error }, "a cursor could not be stored: its device is compared again");
      });
    this.deps.drained(device, id);
  }

  /** Pushes what the window and the connection's budget allow. */
  fill(feed: Feed): void {
    const { conversation, device } = feed;
    const connection = device.live;
    const member = conversation.memberOf(device.user);
    if (connection === undefined || member === undefined || feed.reading || feed.gone) return;
    if (feed.paused) return this.#probes.watch(feed);
    // What waits for its turn comes with it.
    const { fannedOut } = conversation;
    while (feed.sent < fannedOut && feed.inFlight < limits.windowEntries) {
      const seq = nextVisible(member, feed.sent);
      if (seq > fannedOut) break;
      if (feed.inFlight === 0 && seq > feed.sent + 1) feed.skip(seq - 1);
      if (device.resumeBytes >= limits.resumeBytes) {
        device.blocked ??= new Set();
        device.blocked.add(feed);
        break;
      }
      const entry = conversation.recent(seq);
      if (entry === undefined) void this.#page(feed, member, seq);
      if (entry === undefined || !this.#push(feed, connection, member, entry)) break;
    }
    this.#probes.watch(feed);
  }

  #push(feed: Feed, connection: Connection, member: OwnedMember, entry: StoredEntry): boolean {
    const { conversation } = feed;
    const after = previousVisible(member, entry.seq);
    if (!deliverOrHold(connection, conversation, after, entry)) return false;
    feed.pushed(entry.seq, entry.entry.length, this.deps.clock.nowMs());
    return true;
  }

  /** Reads the entries that are no longer in memory, pushes them and goes on. */
  async #page(feed: Feed, member: OwnedMember, from: number): Promise<void> {
    const { conversation, device, round } = feed;
    const { connection } = device;
    feed.reading = true;
    const entries = await this.#read(conversation, {
      from,
      through: Math.min(conversation.fannedOut, feed.acked + limits.windowEntries),
      limit: limits.windowEntries - feed.inFlight,
      bytesMax: Math.max(1, limits.resumeBytes - device.resumeBytes),
    });
    feed.reading = false;
    if (feed.round !== round || device.connection !== connection || connection === undefined) {
      if (feed.round !== round) this.fill(feed);
      return;
    }
    let pushed = entries.length > 0;
    for (const entry of entries) {
      if (entry.seq <= feed.sent || !canSee(member, entry.seq)) continue;
      // Other conversations may have used the budget up while this page was read.
      if (device.resumeBytes >= limits.resumeBytes) break;
      pushed = device.live !== undefined && this.#push(feed, connection, member, entry);
      if (!pushed) break;
    }
    // Where nothing can be pushed now, reading again would lead nowhere: the next probe or attach goes on.
    if (pushed) this.fill(feed);
    else this.#probes.watch(feed);
  }

  /** What cannot be read now is tried again with the next probe. */
  #read({ id }: Conversation, range: EntryRange): Promise<StoredEntry[]> {
    return this.deps.store.readEntries(id, range).catch((error: unknown) => {
      this.deps.log.warn({ err: error }, "entries of a conversation could not be read");
      return [];
    });
  }

  #reached(feed: Feed): void {
    feed.target = 0;
    this.deps.drained(feed.device, feed.conversation.id);
  }

  #unblock(device: HomeDevice): void {
    const { blocked } = device;
    if (blocked === undefined) return;
    for (const feed of blocked) {
      if (device.resumeBytes >= limits.resumeBytes) return;
      blocked.delete(feed);
      this.fill(feed);
    }
  }

  /** The device has a new connection, or reads again: what was in flight is forgotten, guesses are dropped. */
  restart(device: HomeDevice): void {
    const now = this.deps.clock.nowMs();
    device.blocked = undefined;
    for (const feed of device.feeds) {
      feed.restart(Math.max(feed.acked, feed.cursor), now);
      feed.target = 0;
      if (feed.cursor === 0) this.forget(feed);
    }
  }

  /** The conversation leaves memory. */
  forgetConversation(conversation: Conversation): void {
    this.#turns.forget(conversation);
    for (const feed of conversation.feeds.values()) this.forget(feed);
  }

  /** Takes a feed out of memory. */
  forget(feed: Feed): void {
    feed.round++;
    feed.gone = true;
    feed.release(feed.bytes);
    feed.conversation.feeds.delete(feed.device.id);
    feed.device.feeds.delete(feed);
    feed.device.blocked?.delete(feed);
    this.#probes.forget(feed);
    this.#dirty.delete(feed);
  }

  /** The feeds whose cursor is above what is stored, once: the caller stores them. */
  takeDirty(): Feed[] {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    return dirty;
  }

  /** The cursor could not be stored: try again with the next flush. */
  keepDirty(feed: Feed): void {
    feed.dirty = true;
    this.#dirty.add(feed);
  }

  /** Once a second: what made no progress for long enough is tried again. */
  probe(): void {
    this.#probes.sweep();
  }

  get watched(): number {
    return this.#probes.watched;
  }
}
