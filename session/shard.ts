import { limits } from "../lib/limits.js";
import type { Bytes } from "./answers.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import type { Connection } from "./home-user.js";
import type { SendWindow } from "./sends.js";
import type { CommitRecord, Lease, SessionStore, StoredEntry } from "./store.js";

/** A send that is on its way to the store: what to do and whom to tell once it is durable. */
export interface PendingSend {
  readonly kind: "send";
  readonly conversation: Conversation;
  readonly member: OwnedMember;
  readonly entry: StoredEntry;
  /** Where it is in the entry. */
  readonly clientMessageId: Bytes;
  readonly number: number;
  readonly atUnixMs: number;
  readonly device: string;
  /** Where the answer goes; a retry over another connection redirects it. */
  origin: Connection;
}

/** What a commit makes durable besides messages: a change of a group, a rejection, a parked entry. */
export interface PendingAside {
  readonly kind: "aside";
  readonly conversation: Conversation;
  committed(): void;
  /** It is not known whether it is durable. */
  lost(): void;
}

export type Pending = PendingSend | PendingAside;

/** What becomes durable together. */
interface Group {
  readonly records: CommitRecord[];
  readonly sends: Pending[];
  /** Conversations whose windows are to be stored, as they are when the group is sealed. */
  readonly saves: Conversation[];
  /** Conversations that close with this group. */
  readonly closings: Conversation[];
  bytes: number;
}

export interface ShardDeps {
  readonly store: SessionStore;
  readonly boot: string;
  /** A group is durable: its sends are answered and delivered, in order. */
  readonly committed: (sends: readonly Pending[], closings: readonly Conversation[]) => void;
  /** The shard lost its lease or does not know what is durable: everything of it in memory is worthless. */
  readonly lost: (shard: Shard, sends: readonly Pending[], error: unknown) => void;
}

/**
 * One shard of conversations: appends collect while one commit is in flight and are the next commit. Nothing is said to
 * anyone before the commit is durable.
 */
export class Shard {
  #lease: Lease | undefined;
  #open: Group = newGroup();
  #sealed: Group[] = [];
  #inFlight = false;
  #pendingSends = 0;
  #pendingBytes = 0;

  constructor(
    readonly id: number,
    readonly deps: ShardDeps,
  ) {}

  /** Whether this instance owns the shard now. */
  get owned(): boolean {
    return this.#lease !== undefined;
  }

  /** Tells one ownership from the next; 0 while there is none. */
  get epoch(): number {
    return this.#lease?.epoch ?? 0;
  }

  /** Becomes the owner; gives the conversations that are open. */
  async takeOver(): Promise<readonly string[]> {
    const { lease, open } = await this.deps.store.takeOver(this.id, this.deps.boot);
    this.#lease = lease;
    return open;
  }

  /** Whether another send can be taken in. */
  get hasRoom(): boolean {
    return (
      this.#pendingSends < limits.shardPendingMax &&
      this.#pendingBytes < limits.shardPendingBytesMax
    );
  }

  /** A send that was accepted: its entry, and now and then the windows of its conversation. */
  append(send: PendingSend, window: SendWindow, before: readonly CommitRecord[]): void {
    const size = send.entry.entry.length + 256;
    const group = this.#groupFor(size);
    const { conversation, device } = send;
    const { seq, entry } = send.entry;
    for (const record of before) group.records.push(record);
    group.records.push({ kind: "entry", conversation: conversation.id, seq, entry, device });
    conversation.unsaved.set(device, window);
    conversation.unsavedEntries++;
    conversation.unsavedBytes += entry.length;
    if (isDue(conversation)) save(group, conversation);
    this.#add(group, send, size);
  }

  /** A change of a group: an entry that no device sent, and what else it changes. */
  appendChange(aside: PendingAside, records: readonly CommitRecord[], bytes: number): void {
    const { conversation } = aside;
    const group = this.#groupFor(bytes);
    group.records.push(...records);
    // A load reads the newest entries, so many and so large, to know what the windows lack: this is one of them.
    for (const record of records) {
      if (record.kind !== "entry" || conversation.unsaved.size === 0) continue;
      conversation.unsavedEntries++;
      conversation.unsavedBytes += record.entry.length;
    }
    if (isDue(conversation)) save(group, conversation);
    this.#add(group, aside, bytes);
  }

  /** A rejection uses up a number: it is in the window that is stored. */
  reject(aside: PendingAside, device: string, window: SendWindow): void {
    const { conversation } = aside;
    const group = this.#groupFor(REJECTION_BYTES);
    conversation.unsaved.set(device, window);
    save(group, conversation);
    this.#add(group, aside, REJECTION_BYTES);
  }

  #add(group: Group, pending: Pending, bytes: number): void {
    group.sends.push(pending);
    group.bytes += bytes;
    this.#pendingSends++;
    this.#pendingBytes += bytes;
    pending.conversation.pending++;
  }

  /** The conversation closes with the next commit. */
  close(conversation: Conversation, record: CommitRecord): void {
    const group = this.#groupFor(0);
    group.records.push(record);
    group.closings.push(conversation);
    conversation.pending++;
  }

  /** The record becomes durable with the next commit; then `committed` is called, if the shard is not lost before. */
  note(conversation: Conversation, record: CommitRecord, committed: () => void): void {
    const group = this.#groupFor(0);
    group.records.push(record);
    this.#add(group, { kind: "aside", conversation, committed, lost: nothing }, 0);
  }

  /** Finds a send that is not durable yet. */
  pendingAt(conversation: Conversation, seq: number): PendingSend | undefined {
    for (const group of [...this.#sealed, this.#open]) {
      for (const send of group.sends) {
        if (send.kind !== "send" || send.conversation !== conversation) continue;
        if (send.entry.seq === seq) return send;
      }
    }
    return undefined;
  }

  #groupFor(bytes: number): Group {
    const group = this.#open;
    const full =
      group.sends.length >= limits.commitEntriesMax ||
      (group.bytes > 0 && group.bytes + bytes > limits.commitBytesMax);
    if (full) this.#seal();
    return this.#open;
  }

  /** From here on the group is what it is: the windows are stored as they are now. */
  #seal(): void {
    const group = this.#open;
    for (const conversation of group.saves) {
      for (const [device, window] of conversation.unsaved) {
        const sends = window.encode();
        group.records.push({ kind: "sends", conversation: conversation.id, device, sends });
      }
      conversation.unsaved.clear();
      conversation.unsavedEntries = 0;
      conversation.unsavedBytes = 0;
      conversation.saving = false;
    }
    this.#sealed.push(group);
    this.#open = newGroup();
  }

  /** Starts the next commit unless one is in flight. Called once per event-loop iteration. */
  flush(): void {
    if (this.#inFlight || this.#lease === undefined) return;
    if (this.#sealed.length === 0) {
      if (isEmpty(this.#open)) return;
      this.#seal();
    }
    this.#inFlight = true;
    const lease = this.#lease;
    const group = this.#sealed[0] as Group;
    this.deps.store.commit(lease, group.records).then(
      (outcome) => this.#settled(lease, outcome === "committed" ? undefined : new Error("fenced")),
      (error) => this.#settled(lease, error ?? new Error("unknown")),
    );
  }

  #settled(lease: Lease, error: unknown): void {
    this.#inFlight = false;
    if (this.#lease !== lease) return;
    if (error !== undefined) return this.lose(error);
    const group = this.#sealed.shift() as Group;
    this.#pendingSends -= group.sends.length;
    this.#pendingBytes -= group.bytes;
    this.deps.committed(group.sends, group.closings);
    this.flush();
  }

  /** Gives everything up: the store alone knows what is durable. */
  lose(error: unknown): void {
    const sends = [...this.#sealed, this.#open].flatMap((group) => group.sends);
    this.#lease = undefined;
    this.#sealed = [];
    this.#open = newGroup();
    this.#pendingSends = 0;
    this.#pendingBytes = 0;
    this.deps.lost(this, sends, error);
  }

  /** Nothing is on its way to the store. */
  get quiet(): boolean {
    return !this.#inFlight && this.#sealed.length === 0 && isEmpty(this.#open);
  }
}

function newGroup(): Group {
  return { records: [], sends: [], saves: [], closings: [], bytes: 0 };
}

/** A rejection has no record of its own: it is in a window. */
function isEmpty({ records, saves }: Group): boolean {
  return records.length === 0 && saves.length === 0;
}

/** The windows of the conversation become durable with the group. */
function save(group: Group, conversation: Conversation): void {
  if (conversation.saving) return;
  conversation.saving = true;
  group.saves.push(conversation);
}

function nothing(): void {}

/** What is counted for a rejection. */
const REJECTION_BYTES = 512;

/** A load reads no more entries than this to know what the windows lack. */
function isDue({ unsavedEntries, unsavedBytes }: Conversation): boolean {
  return unsavedEntries > limits.sendsUnsavedMax || unsavedBytes > limits.sendsUnsavedBytesMax;
}
