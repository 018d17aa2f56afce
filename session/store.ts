import type { Claims } from "./claims.js";

/**
 * What the session service keeps, and what any store must promise. All is per shard: a shard has
 * one owner, who takes it over, then commits to it. Reads see every commit that was answered
 * `committed`.
 */
export interface SessionStore {
  /**
   * Makes `owner` (a boot id) the only one who can commit to the shard: commits under an older
   * lease are `fenced` from here on. Gives the conversations that are open in it.
   *
   * It settles what was unknown: once it has resolved, reads see an earlier commit whole or it was never made and
   * never will be, however late the store was with it. So nobody forms another commit in the place of one that may
   * still come.
   */
  takeOver(shard: number, owner: string): Promise<TakeOver>;

  /**
   * Makes all records durable, or none. `fenced`: another owner took the shard over, or may have
   * while the store was closed; nothing was written. A rejection means that the outcome is not
   * known: drop the shard, take it over again, which settles it, and read. Commits of one shard are made one at a time
   * by the caller; records are not touched afterwards.
   */
  commit(lease: Lease, records: readonly CommitRecord[]): Promise<"committed" | "fenced">;

  /** The conversation without its entries; undefined when it has never had a record. */
  loadConversation(conversation: string): Promise<StoredConversation | undefined>;

  /**
   * Entries with `from ≤ seq ≤ through`, ascending: the first ones, or with `newest` the last ones,
   * within both limits.
   */
  readEntries(conversation: string, range: EntryRange): Promise<StoredEntry[]>;

  /** A user's conversations with ids above `after`, ascending. */
  listUserConversations(user: string, after: string, limit: number): Promise<UserConversation[]>;

  /** What a device may lack, as its cursors that are stored tell. */
  compareDevice(user: string, device: string): Promise<DeviceComparison>;

  /** At least these cursors of a device; where it has none, none is given. */
  readCursors(
    user: string,
    device: string,
    conversations: readonly string[],
  ): Promise<ReadonlyMap<string, DeviceCursor>>;

  /**
   * Raises cursors and `based`; a lower value never wins. Need not be durable at once, except with
   * `durable`.
   */
  writeDevice(user: string, device: string, change: DeviceChange): Promise<void>;

  /**
   * Dead letters in order of conversation, seq and device, those after the key `after`, of all conversations or of one.
   */
  listDeadLetters(range: DeadLetterRange): Promise<DeadLetter[]>;

  close(): Promise<void>;
}

export interface Lease {
  readonly shard: number;
  readonly epoch: number;
}

export interface TakeOver {
  readonly lease: Lease;
  /** Conversations whose last attention record is "open". */
  readonly open: readonly string[];
}

/** One durable fact; a commit is a list of them. */
export type CommitRecord =
  | EntryRecord
  | SendsRecord
  | MembersRecord
  | AttentionRecord
  | MemberAttentionRecord
  | ParkedRecord
  | ReplacedRecord;

/** A new entry of a log. Its seq is one above the last. */
export interface EntryRecord {
  readonly kind: "entry";
  readonly conversation: string;
  readonly seq: number;
  /** Encoded chat.client.v1.Entry. */
  readonly entry: Buffer;
  /** The device that sent it; empty when it is no message. */
  readonly device: string;
}

/**
 * The last sends of one device in one conversation: replaces what was there. Opaque here
 * (session/sends.ts). Not written with every entry: the entries say themselves whose they are.
 */
export interface SendsRecord {
  readonly kind: "sends";
  readonly conversation: string;
  readonly device: string;
  readonly sends: Buffer;
}

/** The members in force: replaces what was there. */
export interface MembersRecord {
  readonly kind: "members";
  readonly conversation: string;
  readonly version: number;
  readonly members: readonly Member[];
  /** Of a group only. */
  readonly group?: StoredGroup;
}

/** What the row of a group holds besides its members. */
export interface StoredGroup {
  /** Opaque here: the group service's. */
  readonly state: Buffer;
  /** The last changes, oldest first, up to `limits.groupChangesKept`. */
  readonly changes: readonly DoneChange[];
}

/** A change of a group that was made: a repeated one gets the same answer. */
export interface DoneChange {
  readonly user: string;
  readonly requestId: string;
  readonly fingerprint: number;
  readonly version: number;
  readonly seq: number;
}

/**
 * A conversation opens (busy) or closes (quiet): written to the row of the conversation and of each
 * user named.
 */
export interface AttentionRecord {
  readonly kind: "attention";
  readonly conversation: string;
  readonly open: boolean;
  /**
   * The conversation's seq that decides which record is the newer one: the opening entry, or the
   * head at closing.
   */
  readonly seq: number;
  /** Who is told, each with the last seq he may see (closed), or the opening seq (open). */
  readonly users: readonly { readonly user: string; readonly seq: number }[];
}

/** An entry is parked for a device: replaces what was there for the two. */
export interface ParkedRecord {
  readonly kind: "parked";
  readonly letter: DeadLetter;
}

/** A device has its parked entry after all: what was there is gone. */
export interface ReplacedRecord extends DeadLetterKey {
  readonly kind: "replaced";
}

export interface DeadLetterKey {
  readonly conversation: string;
  readonly seq: number;
  readonly device: string;
}

/** An entry that a device could not process. */
export interface DeadLetter extends DeadLetterKey {
  readonly user: string;
  readonly sender: string;
  /** A NackReason. */
  readonly reason: number;
  readonly nacks: number;
  readonly firstAtUnixMs: number;
  readonly lastAtUnixMs: number;
  /** When it was parked no device of the user had it: its author gets no tick for it. */
  readonly unseen: boolean;
}

export interface DeadLetterRange {
  /** Undefined: all. */
  readonly conversation: string | undefined;
  /** Undefined: from the first on. */
  readonly after: DeadLetterKey | undefined;
  readonly limit: number;
}

/**
 * The same for some users only, when they come to an open conversation or leave one: the conversation's own row stays as it is. `seq` is
 * not below that of any earlier record.
 */
export interface MemberAttentionRecord extends Omit<AttentionRecord, "kind"> {
  readonly kind: "member-attention";
}

/**
 * One member with the intervals of seq he may see: `from ≤ seq ≤ through`; `through` 0 means no
 * end.
 */
export interface Member {
  readonly user: string;
  readonly intervals: readonly Interval[];
  /** He reads but may not send; not set: he may. */
  readonly muted?: boolean;
  /** Of a 1:1: version of his privacy as of which he blocks the other one, or does not; not set: he never did. */
  readonly blockVersion?: number;
  /** Of a group: what he was told of ticks, as far as the members of now do not tell; not set: nothing. */
  readonly claims?: Claims;
  /** Of a former member of a group: its version as of which he is none. */
  readonly leftVersion?: number;
}

export interface Interval {
  readonly from: number;
  readonly through: number;
}

export interface StoredConversation {
  readonly head: number;
  readonly version: number;
  readonly members: readonly Member[];
  readonly group?: StoredGroup;
  readonly open: boolean;
  /** Seq of the last attention record, 0 when there is none. */
  readonly attentionSeq: number;
  /** Per device, as in SendsRecord. */
  readonly sends: ReadonlyMap<string, Buffer>;
  /** The newest entries, ascending, up to `limits.sendsUnsavedMax` of them. */
  readonly latest: readonly SentEntry[];
  readonly parked: readonly DeadLetter[];
}

export interface EntryRange {
  readonly from: number;
  readonly through: number;
  readonly limit: number;
  /**
   * The sum of entry bytes stays within it, also if a store counts its own bytes for each; but the first one is
   * always given.
   */
  readonly bytesMax: number;
  readonly newest?: boolean;
}

export interface StoredEntry {
  readonly seq: number;
  readonly entry: Buffer;
}

/** An entry with the device that sent it. */
export interface SentEntry extends StoredEntry {
  readonly device: string;
}

export interface UserConversation {
  readonly conversation: string;
  readonly open: boolean;
  /** Closed: the last seq the user may see. Open: the opening seq. */
  readonly seq: number;
}

/** 0: never attached. 1: bases written. 2: the device has confirmed them. */
export type Based = 0 | 1 | 2;

export interface DeviceCursor {
  /** Highest seq the device acknowledged, or its base. */
  readonly cursor: number;
  /** What receipts had confirmed of it. */
  readonly confirmed: number;
  /**
   * Where the device started in this conversation when it was new; 0 when it was there from the
   * first entry on.
   */
  readonly base: number;
}

/** A conversation that may have something for a device, and its cursor there. */
export interface Lack {
  readonly conversation: string;
  readonly cursor: number;
  readonly confirmed: number;
}

export interface DeviceComparison {
  readonly based: Based;
  /**
   * All conversations of the user that are open, that are closed above the device's cursor, and in which receipts had
   * not confirmed its cursor, in any order. Nothing for a device without bases.
   */
  readonly lacks: readonly Lack[];
  /** Where the device started, in the conversations where that is not 0; only while `based` is 1. */
  readonly bases?: readonly (readonly [conversation: string, base: number])[] | undefined;
}

export interface DeviceChange {
  readonly based?: Based;
  readonly cursors: ReadonlyMap<string, DeviceCursor>;
  /** Resolve only when it is durable. */
  readonly durable: boolean;
}
