import { limits } from "../lib/limits.js";
import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import type {
  CommitRecord,
  DeadLetter,
  EntryRange,
  Lease,
  SessionStore,
  StoredConversation,
  TakeOver,
  UserConversation,
} from "./store.js";
import { type AttentionPlan, planAttention, writeAttention } from "./store-level-attention.js";
import { compareDevice } from "./store-level-compare.js";
import { DeviceRows } from "./store-level-devices.js";
import * as keys from "./store-level-keys.js";
import { readEntries, readSentEntries, writeEntry } from "./store-level-log.js";
import { decodeParked, listDeadLetters, removeParked, writeParked } from "./store-level-parked.js";
import * as rows from "./store-level-rows.js";
import { Stamps } from "./store-level-stamps.js";

/**
 * The session's store on an embedded key-value store; keys in store-level-keys.ts, values in store-
 * level-rows.ts.
 *
 * A commit is one part of one synced batch, with all rows that it implies; shards that commit at
 * the same time share a batch. The lock of the directory keeps other processes out, so the fence is
 * the epoch in memory; the epoch on disk makes sure that a lease is never given twice.
 *
 * What a message costs: in a busy conversation 1 put, its log row, and every 16 messages one for the last sends of each
 * device that sent some. There is no head row: the head is the last key of the log. The first message after quiet opens the conversation and closing it
 * later costs the same again: 8 more rows for two members (the conversation's attention, the open
 * index, and per user his row and its place in the order of changes, old and new) and three reads. Device cursors are written by the
 * caller about every 30 s: 1 put and 1 read per cell that rose.
 */
export function createLevelStore(kv: KeyValueStore): SessionStore {
  const devices = new DeviceRows(kv);
  const stamps = new Stamps(kv);
  const shards = new Map<number, Shard>();
  const shardOf = (id: number): Shard => {
    const shard = shards.get(id) ?? new Shard(kv, stamps, id);
    shards.set(id, shard);
    return shard;
  };
  return {
    takeOver: (shard, owner) => shardOf(shard).takeOver(owner),
    commit: (lease, records) => shardOf(lease.shard).commit(lease, records),
    loadConversation: (conversation) => loadConversation(kv, conversation),
    readEntries: (conversation, range) => readEntries(kv, conversation, range),
    listUserConversations: (user, after, limit) => listConversations(kv, user, after, limit),
    compareDevice: (user, device) => compareDevice(kv, devices, user, device),
    readCursors: (user, device, conversations) => devices.readCursors(user, device, conversations),
    writeDevice: (user, device, change) => devices.write(user, device, change),
    listDeadLetters: (range) => listDeadLetters(kv, range),
    close: () => kv.close(),
  };
}

/** Number of the layout that store-level-keys.ts and the rows describe; another one for every change of it. */
export const LEVEL_FORMAT = 6;

const FENCED = Promise.resolve("fenced");

/** Who may commit to one shard. */
class Shard {
  /** Epoch of the lease in force. */
  #epoch: number | undefined;
  /**
   * The store's generation when the lease was given. While a store was closed another process may
   * have had it, so no older lease counts.
   */
  #generation = 0;
  /** The commit in flight. */
  #commit: Promise<unknown> | undefined;
  #takeOvers: Promise<unknown> = Promise.resolve();

  constructor(
    readonly kv: KeyValueStore,
    readonly stamps: Stamps,
    readonly id: number,
  ) {}

  takeOver(owner: string): Promise<TakeOver> {
    this.#epoch = undefined;
    const done = this.#takeOvers.then(() => this.#takeOver(owner));
    this.#takeOvers = done.catch(() => {});
    return done;
  }

  commit(lease: Lease, records: readonly CommitRecord[]): Promise<"committed" | "fenced"> {
    if (this.#commit) {
      return Promise.reject(new Error(`Shard ${this.id} has a commit in flight already.`));
    }
    if (!this.#holds(lease)) return Promise.resolve("fenced");
    const plan = planAttention(this.kv, this.stamps, records);
    const written = plan
      ? plan.then((attention) => this.#write(lease, records, attention))
      : this.#write(lease, records);
    const done = written.then(this.#landed, this.#failed);
    this.#commit = done;
    return done;
  }

  readonly #landed = (fenced: unknown): "committed" | "fenced" => {
    this.#commit = undefined;
    return fenced === "fenced" ? "fenced" : "committed";
  };

  readonly #failed = (error: unknown): never => {
    this.#commit = undefined;
    throw error;
  };

  async #takeOver(owner: string): Promise<TakeOver> {
    this.#epoch = undefined;
    // What it wrote is to be seen by the reads of the new owner.
    await this.#commit?.catch(() => {});
    const { kv, id } = this;
    const { generation } = kv;
    const key = keys.epochKey(id);
    const epoch = rows.decodeEpoch(await kv.get(key)).epoch + 1;
    await kv.write((batch) => batch.put(key, rows.encodeEpoch({ epoch, owner })));
    const open = await kv.range(keys.openRange(id));
    this.#epoch = epoch;
    this.#generation = generation;
    return {
      lease: { shard: id, epoch },
      open: open.map(([key]) => keys.conversationOfOpenKey(key)),
    };
  }

  #write(
    lease: Lease,
    records: readonly CommitRecord[],
    attention?: AttentionPlan,
  ): Promise<unknown> {
    if (!this.#holds(lease)) return FENCED;
    return this.kv.write((batch) => {
      for (const record of records) writeRecord(batch, record);
      if (attention) writeAttention(batch, this.id, this.stamps, attention);
    });
  }

  #holds(lease: Lease): boolean {
    return lease.epoch === this.#epoch && this.#generation === this.kv.generation;
  }
}

function writeRecord(batch: WriteBatch, record: CommitRecord): void {
  switch (record.kind) {
    case "entry":
      writeEntry(batch, record);
      break;
    case "sends":
      batch.put(keys.sendsKey(record.conversation, record.device), record.sends);
      break;
    case "members":
      batch.put(keys.membersKey(record.conversation), rows.encodeMembers(record));
      break;
    case "parked":
      writeParked(batch, record.letter);
      break;
    case "replaced":
      removeParked(batch, record);
      break;
    case "attention":
    case "member-attention":
      // Compared with what is stored, see planAttention.
      break;
  }
}

async function loadConversation(
  kv: KeyValueStore,
  conversation: string,
): Promise<StoredConversation | undefined> {
  const range = keys.conversationRange(conversation);
  const [latest, parts] = await Promise.all([
    readSentEntries(kv, conversation, LATEST),
    kv.range(range),
  ]);
  if (latest.length === 0 && parts.length === 0) return undefined;
  const sends = new Map<string, Buffer>();
  let members: rows.MembersRow = { version: 0, members: [] };
  let attention: rows.AttentionRow | undefined;
  const parked: DeadLetter[] = [];
  const at = range.gte.length;
  for (const [key, value] of parts) {
    if (key[at] === keys.PART.sends) sends.set(key.toString("latin1", at + 1), value);
    else if (key[at] === keys.PART.members) members = rows.decodeMembers(value);
    else if (key[at] === keys.PART.attention) attention = rows.decodeAttention(value);
    else if (key[at] === keys.PART.parked) {
      parked.push(decodeParked(keys.readParkedKey(conversation, key, at), value));
    }
  }
  return {
    head: latest.at(-1)?.seq ?? 0,
    ...members,
    open: attention?.open ?? false,
    attentionSeq: attention?.seq ?? 0,
    sends,
    latest,
    parked,
  };
}

/** All entries that a row of last sends may lack. */
const LATEST: EntryRange = {
  from: 0,
  through: Number.MAX_SAFE_INTEGER - 1,
  limit: limits.sendsUnsavedMax,
  bytesMax: limits.sendsUnsavedBytesMax + limits.sendsUnsavedMax * 256,
  newest: true,
};

async function listConversations(
  kv: KeyValueStore,
  user: string,
  after: string,
  limit: number,
): Promise<UserConversation[]> {
  if (limit <= 0) return [];
  const skip = user.length + 2;
  const pairs = await kv.range({ ...keys.userRange(user, after), limit });
  return pairs.map(([key, value]) => {
    const { open, userSeq } = rows.decodeAttention(value);
    return { conversation: key.toString("latin1", skip), open, seq: userSeq };
  });
}
