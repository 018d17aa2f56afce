import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import type { AttentionRecord, CommitRecord } from "./store.js";
import { attentionKey, openKey, userKey } from "./store-level-keys.js";
import { type AttentionRow, decodeAttention, encodeAttention } from "./store-level-rows.js";

/** Rows of a commit by key (as latin1), each the one that won. */
export type AttentionRows = Map<string, { readonly key: Buffer; readonly row: AttentionRow }>;

/** What the attention records of a commit change. */
export interface AttentionPlan {
  readonly rows: AttentionRows;
  /** Conversations whose own row changed, with whether they are open now. */
  readonly open: Map<string, boolean>;
}

/**
 * Compares the records with what is stored, in their order, and keeps those that win: the higher
 * seq, at the same seq closed over open. Undefined when the commit has none, which is the usual
 * case and reads nothing.
 *
 * A user's row is never newer than the conversation's, because every record is written to the
 * latter: when a record wins there, the users' rows need not be read.
 */
export function planAttention(
  kv: KeyValueStore,
  records: readonly CommitRecord[],
): Promise<AttentionPlan> | undefined {
  if (!records.some(isAttention)) return undefined;
  return plan(kv, records.filter(isAttention));
}

function isAttention(record: CommitRecord): record is AttentionRecord {
  return record.kind === "attention";
}

async function plan(kv: KeyValueStore, records: AttentionRecord[]): Promise<AttentionPlan> {
  const rows: AttentionRows = new Map();
  const open = new Map<string, boolean>();
  const current = await readCurrent(kv, records);
  for (const { conversation, seq, open: opens, users } of records) {
    const row = { seq, open: opens, userSeq: 0 };
    const wins = !isNewer(current.get(conversation), row);
    if (wins) {
      current.set(conversation, row);
      const key = attentionKey(conversation);
      rows.set(key.toString("latin1"), { key, row });
      open.set(conversation, opens);
    }
    for (const { user, seq: userSeq } of users) {
      const key = userKey(user, conversation);
      const name = key.toString("latin1");
      const before = wins ? undefined : (rows.get(name)?.row ?? (await readRow(kv, key)));
      if (isNewer(before, row)) continue;
      rows.set(name, { key, row: { seq, open: opens, userSeq } });
    }
  }
  return { rows, open };
}

export function writeAttention(batch: WriteBatch, shard: number, plan: AttentionPlan): void {
  for (const { key, row } of plan.rows.values()) batch.put(key, encodeAttention(row));
  for (const [conversation, open] of plan.open) {
    if (open) batch.put(openKey(shard, conversation), NOTHING);
    else batch.del(openKey(shard, conversation));
  }
}

const NOTHING = Buffer.alloc(0);

async function readCurrent(
  kv: KeyValueStore,
  records: AttentionRecord[],
): Promise<Map<string, AttentionRow | undefined>> {
  const conversations = [...new Set(records.map(({ conversation }) => conversation))];
  const rows = await Promise.all(conversations.map((id) => readRow(kv, attentionKey(id))));
  return new Map(conversations.map((id, i) => [id, rows[i]]));
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
