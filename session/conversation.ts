import { limits } from "../lib/limits.js";
import { isSameAt } from "../lib/wire/words.js";
import { Encoded } from "../lib/wire/writer.js";
import type { Feed } from "./feed.js";
import type { HomeUser } from "./home-user.js";
import { canSee } from "./membership.js";
import type { SendWindow } from "./sends.js";
import type { Member, StoredEntry } from "./store.js";

/** A member as the owner of the conversation knows him. */
export interface OwnedMember extends Member {
  /** The object that his connections are registered with, as long as the conversation is in memory. */
  home: HomeUser;
  /** Highest cursors of his devices this owner knows of. */
  delivered: number;
  read: number;
  /** What receipts has confirmed as durable. */
  confirmedDelivered: number;
  confirmedRead: number;
  /** The ticks last pushed to him as an author. */
  tickDelivered: number;
  tickRead: number;
  /** Seq of his newest entry; after a cold load an upper bound. */
  lastOwn: number;
  /** Listed among those to announce to receipts. */
  announcing: boolean;
}

/** The minimum of one kind of cursor, as receipts gives it. */
export interface CursorMinimum {
  lowest: number;
  lowestUser: string;
  withoutLowest: number;
}

/** One conversation in its owner's memory. */
export class Conversation {
  /** Its id as field 1 of the frames that name it. */
  readonly encodedId: Encoded;
  /** Seq of the newest durable entry. */
  head = 0;
  /** Seq of the newest entry that is on its way to the store. */
  pendingHead = 0;
  /** Sends and attention records on their way to the store. */
  pending = 0;
  version = 0;
  readonly members: OwnedMember[] = [];
  readonly windows = new Map<string, SendWindow>();
  /** Windows of devices with entries since they were stored last, and those entries. */
  readonly unsaved = new Map<string, SendWindow>();
  unsavedEntries = 0;
  unsavedBytes = 0;
  /** They are stored with the group that is being collected. */
  saving = false;
  readonly feeds = new Map<string, Feed>();
  /** The newest entries, ascending without a gap, ending at `head`. */
  readonly tail: StoredEntry[] = [];
  #tailBytes = 0;
  /** As of the newest record, durable or on its way. */
  open = false;
  /** Nothing of it is stored yet. */
  fresh = false;
  /** Monotonic time of the last send. */
  activeMs = 0;
  /** Touched since the last sweep for idle conversations. */
  used = true;
  /** Seq and sender of the newest entry, and seq of the newest one by anybody else. */
  #lastSender = "";
  #lastSeq = 0;
  #lastSeqOfOthers = 0;
  /** What follows from all cursors; undefined until receipts has told. */
  minimum: { delivered: CursorMinimum; read: CursorMinimum } | undefined;

  constructor(
    readonly id: string,
    readonly shard: number,
  ) {
    this.encodedId = Encoded.ascii(1, id);
  }

  /** Whether these bytes are its id. */
  isNamed(buf: Uint8Array, start: number, end: number): boolean {
    // Behind the tag and the length, of one byte each.
    return isSameAt(this.encodedId, 2, buf, start, end);
  }

  /** The member that this user is. */
  memberOf(user: HomeUser): OwnedMember | undefined {
    for (let i = 0; i < this.members.length; i++) {
      const member = this.members[i] as OwnedMember;
      if (member.home === user) return member;
    }
    return undefined;
  }

  member(user: string): OwnedMember | undefined {
    for (let i = 0; i < this.members.length; i++) {
      const member = this.members[i] as OwnedMember;
      if (member.user === user) return member;
    }
    return undefined;
  }

  /** Highest seq of an entry that somebody other than this user sent; after a cold load an upper bound. */
  lastForeign(user: string): number {
    return this.#lastSender === user ? this.#lastSeqOfOthers : this.#lastSeq;
  }

  /** After a cold load nothing is known of the senders of what is there. */
  assumeSenders(): void {
    this.#lastSeq = this.head;
    this.#lastSeqOfOthers = this.head;
    for (const member of this.members) member.lastOwn = this.head;
  }

  /** A durable entry becomes the head. */
  append(entry: StoredEntry, member: OwnedMember): void {
    const sender = member.user;
    this.head = entry.seq;
    member.lastOwn = entry.seq;
    if (sender !== this.#lastSender) this.#lastSeqOfOthers = this.#lastSeq;
    this.#lastSender = sender;
    this.#lastSeq = entry.seq;
    this.tail.push(entry);
    this.#tailBytes += entry.entry.length;
    while (this.tail.length > limits.tailEntries || this.#tailBytes > limits.tailBytes) {
      this.#tailBytes -= (this.tail.shift() as StoredEntry).entry.length;
    }
  }

  /** The entry at `seq`, if it is in memory. */
  recent(seq: number): StoredEntry | undefined {
    const first = this.tail[0];
    return first === undefined ? undefined : this.tail[seq - first.seq];
  }

  dropTail(): void {
    this.tail.length = 0;
    this.#tailBytes = 0;
  }

  canSee(user: string, seq: number): boolean {
    const member = this.member(user);
    return member !== undefined && canSee(member, seq);
  }

  /** Whether it can leave memory without anything being lost. */
  get idle(): boolean {
    if (this.pending > 0 || this.open || this.pendingHead !== this.head) return false;
    for (const member of this.members) if (member.announcing) return false;
    for (const feed of this.feeds.values()) {
      if (feed.dirty || feed.reading) return false;
      // What is in flight to a device that left is read again from the store when it comes back.
      const here = feed.device.connection !== undefined;
      if (here && (feed.inFlight > 0 || feed.target > 0)) return false;
    }
    return true;
  }
}

/** The tick of one author: the minimum over all others. */
export function tickFor(author: string, minimum: CursorMinimum): number {
  return author === minimum.lowestUser ? minimum.withoutLowest : minimum.lowest;
}
