import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import type { AttentionRecord, CommitRecord, MemberAttentionRecord } from "./store.js";
import * as keys from "./store-level-keys.js";
import {
  type AttentionRow,
  decodeAttention,
  encodeAttention,
  encodeChange,
} from "./store-level-rows.js";
import type { Stamps } from "./store-level-stamps.js";

/** A user's row that changes. */
interface UserChange {
  readonly key: Buffer;
  readonly user: string;
  readonly conversation: string;
  /** What is stored. */
  readonly before: AttentionRow | undefined;
  row: AttentionRow | undefined;
}

/** What the attention records of a commit change: rows, each the one that won. */
export interface AttentionPlan {
  readonly conversations: Map<string, AttentionRow>;
  /** By user and conversation. */
  readonly users: Map<string, UserChange>;
}

/**
 * Compares the records with what is stored, in their order, and keeps those that win: the higher
 * seq, at the same seq closed over open. Undefined when the commit has none, which is the usual
 * case and reads nothing.
 */
export function planAttention(
  kv: KeyValueStore,
  stamps: Stamps,
  records: readonly CommitRecord[],
): Promise<AttentionPlan> | undefined {
  if (!records.some(isAttention)) return undefined;
  return plan(kv, stamps, records.filter(isAttention));
}

type AnyAttention = AttentionRecord | MemberAttentionRecord;

function isAttention(record: CommitRecord): record is AnyAttention {
  return record.kind === "attention" || record.kind === "member-attention";
}

async function plan(
  kv: KeyValueStore,
  stamps: Stamps,
  records: readonly AnyAttention[],
): Promise<AttentionPlan> {
  const conversations = new Map<string, AttentionRow>();
  const [current, users] = await Promise.all([
    readCurrent(kv, records),
    readUsers(kv, records),
    stamps.ready(),
  ]);
  for (const { kind, conversation, seq, open, users: told } of records) {
    const row = { seq, open, userSeq: 0, stamp: 0 };
    if (kind === "attention" && !isNewer(current.get(conversation), row)) {
      current.set(conversation, row);
      conversations.set(conversation, row);
    }
    for (const { user, seq: userSeq } of told) {
      const change = users.get(nameOf(user, conversation)) as UserChange;
      if (!isNewer(change.row ?? change.before, row)) change.row = { ...row, userSeq };
    }
  }
  return { conversations, users };
}

export function writeAttention(
  batch: WriteBatch,
  shard: number,
  stamps: Stamps,
  { conversations, users }: AttentionPlan,
): void {
  for (const [conversation, row] of conversations) {
    batch.put(keys.attentionKey(conversation), encodeAttention(row));
    if (row.open) batch.put(keys.openKey(shard, conversation), NOTHING);
    else batch.del(keys.openKey(shard, conversation));
  }
  for (const change of users.values()) if (change.row) writeUser(batch, stamps, change, change.row);
}

/** Moves the conversation in the user's order of changes. */
function writeUser(
  batch: WriteBatch,
  stamps: Stamps,
  { key, user, conversation, before }: UserChange,
  row: AttentionRow,
): void {
  if (before && !before.open) batch.del(keys.quietKey(user, before.stamp));
  const openKey = keys.openChangeKey(user, conversation);
  if (row.open) {
    batch.put(key, encodeAttention(row));
    batch.put(openKey, NOTHING);
    return;
  }
  if (before?.open) batch.del(openKey);
  const stamp = stamps.take(batch);
  batch.put(key, encodeAttention({ ...row, stamp }));
  batch.put(keys.quietKey(user, stamp), encodeChange({ conversation, seq: row.userSeq }));
}

const NOTHING = Buffer.alloc(0);

function nameOf(user: string, conversation: string): string {
  return `${user} ${conversation}`;
}

async function readCurrent(
  kv: KeyValueStore,
  records: readonly AnyAttention[],
): Promise<Map<string, AttentionRow | undefined>> {
  const conversations = [...new Set(records.map(({ conversation }) => conversation))];
  const rows = await Promise.all(conversations.map((id) => readRow(kv, keys.attentionKey(id))));
  return new Map(conversations.map((id, i) => [id, rows[i]]));
}

async function readUsers(
  kv: KeyValueStore,
  records: readonly AnyAttention[],
): Promise<Map<string, UserChange>> {
  const found = new Map<string, UserChange>();
  const reads: Promise<void>[] = [];
  for (const { conversation, users } of records) {
    for (const { user } of users) {
      const key = keys.userKey(user, conversation);
      reads.push(
        readRow(kv, key).then((before) => {
          found.set(nameOf(user, conversation), {
            key,
            user,
            conversation,
            before,
            row: undefined,
          });
        }),
      );
    }
  }
  await Promise.all(reads);
  return found;
}

async function readRow(kv: KeyValueStore, key: Buffer): Promise<AttentionRow | undefined> {
  const value = await kv.get(key);
  return value && decodeAttention(value);
}

/**
 * Whether `a` must not be replaced by `b`: the version is 2·seq when open and 2·seq + 1 when
 * closed.
 */
function isNewer(a: AttentionRow | undefined, b: AttentionRow): boolean {
  if (!a) return false;
  return a.seq > b.seq || (a.seq === b.seq && !a.open && b.open);
}
