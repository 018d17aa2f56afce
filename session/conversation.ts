import { isGroupId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { isSameAt } from "../lib/wire/words.js";
import { Encoded } from "../lib/wire/writer.js";
import type { Claims } from "./claims.js";
import type { Feed } from "./feed.js";
import { GroupCursors } from "./group-cursors.js";
import type { Connection, HomeUser } from "./home-user.js";
import { canSee } from "./membership.js";
import type { ParkedEntries } from "./parked.js";
import type { SendWindow } from "./sends.js";
import type { Interval, Member, StoredEntry, StoredGroup } from "./store.js";

const NO_CLAIMS: Claims = { delivered: 0, read: 0, undelivered: [], unread: [] };

/** A member as the owner of the conversation knows him. */
export interface OwnedMember extends Member {
  intervals: readonly Interval[];
  muted: boolean;
  blockVersion: number;
  claims: Claims;
  leftVersion: number;
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
  /** Receipts has told of him since the conversation was loaded. */
  known: boolean;
  /** Monotonic times at which it was last told that he is writing text, and something else. */
  typedMs: number;
  recordedMs: number;
}

/** The minimum of one kind of cursor, as receipts gives it. */
export interface CursorMinimum {
  lowest: number;
  lowestUser: string;
  withoutLowest: number;
}

export function newMember(member: Member, home: HomeUser): OwnedMember {
  const { user, intervals, muted = false, blockVersion = 0 } = member;
  const { claims = NO_CLAIMS, leftVersion = 0 } = member;
  return {
    user,
    intervals,
    muted,
    blockVersion,
    claims,
    leftVersion,
    home,
    delivered: 0,
    read: 0,
    confirmedDelivered: 0,
    confirmedRead: 0,
    tickDelivered: 0,
    tickRead: 0,
    lastOwn: 0,
    announcing: false,
    known: false,
    typedMs: Number.NEGATIVE_INFINITY,
    recordedMs: Number.NEGATIVE_INFINITY,
  };
}

/** A rejection is told when it is durable, to whoever asked last. */
export interface PendingRejection {
  origin: Connection;
}

/** One conversation in its owner's memory. */
export class Conversation {
  /** Its id as field 1 of the frames that name it. */
  readonly encodedId: Encoded;
  /** Seq of the newest durable entry. */
  head = 0;
  /** Seq of the newest entry that is on its way to the store. */
  pendingHead = 0;
  /** Up to here entries have been pushed to those who were connected. */
  fannedOut = 0;
  /** Sends and attention records on their way to the store. */
  pending = 0;
  version = 0;
  /** Current members and former ones. */
  readonly members: OwnedMember[] = [];
  readonly #byUser = new Map<string, OwnedMember>();
  /** What a group has besides; undefined in a 1:1. */
  group: StoredGroup | undefined;
  /** Resolves when the change of the members that is on its way to the store is durable, or lost. */
  changing: Promise<void> | undefined;
  /** Rejected sends on their way to the store, by device and id; undefined while there are none. */
  rejecting: Map<string, PendingRejection> | undefined;
  readonly windows = new Map<string, SendWindow>();
  /** Windows of devices with entries since they were stored last, and those entries. */
  readonly unsaved = new Map<string, SendWindow>();
  unsavedEntries = 0;
  unsavedBytes = 0;
  /** They are stored with the group that is being collected. */
  saving = false;
  readonly feeds = new Map<string, Feed>();
  /** Entries that devices could not process; undefined while there never was one. */
  parked: ParkedEntries | undefined;
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
  /** What follows from the two cursors of a 1:1; undefined until receipts has told, and in a group. */
  minimum: { delivered: CursorMinimum; read: CursorMinimum } | undefined;
  /** What follows from the cursors of a group. */
  readonly cursors: GroupCursors | undefined;

  constructor(
    readonly id: string,
    readonly shard: number,
  ) {
    this.encodedId = Encoded.ascii(1, id);
    this.cursors = isGroupId(id) ? new GroupCursors() : undefined;
  }

  /** Whether it can take another send: not while too much of it is on its way already. */
  get hasRoom(): boolean {
    return this.pendingHead - this.fannedOut < limits.conversationPendingMax;
  }

  /** Whether these bytes are its id. */
  isNamed(buf: Uint8Array, start: number, end: number): boolean {
    // Behind the tag and the length, of one byte each.
    return isSameAt(this.encodedId, 2, buf, start, end);
  }

  /** Takes a member in. */
  enter(member: OwnedMember): void {
    this.members.push(member);
    this.#byUser.set(member.user, member);
  }

  /** Lets go of a former member for good. */
  forgetMember(member: OwnedMember): void {
    this.members.splice(this.members.indexOf(member), 1);
    this.#byUser.delete(member.user);
    this.cursors?.untold.delete(member);
  }

  /** The member that this user is. */
  memberOf(user: HomeUser): OwnedMember | undefined {
    // Of two, a look at both is quicker than a search by name.
    if (this.members.length > 2) return this.#byUser.get(user.id);
    for (let i = 0; i < this.members.length; i++) {
      const member = this.members[i] as OwnedMember;
      if (member.home === user) return member;
    }
    return undefined;
  }

  member(user: string): OwnedMember | undefined {
    return this.#byUser.get(user);
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
    if (this.pending > 0 || this.open || this.pendingHead !== this.fannedOut) return false;
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
