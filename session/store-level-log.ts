import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import { StoreError } from "../lib/store/kv.js";
import type { EntryRange, EntryRecord, SentEntry, StoredEntry } from "./store.js";
import { logKey, logRange, seqOfLogKey } from "./store-level-keys.js";

/** The log rows of the session's embedded store: the entry, the id of its device, the length of that id in a byte. */
const tail = Buffer.alloc(256);

export function writeEntry(batch: WriteBatch, record: EntryRecord): void {
  const length = tail.write(record.device, 0, 255, "latin1");
  tail[length] = length;
  const key = logKey(record.conversation, record.seq);
  batch.put(key, record.entry, tail.subarray(0, length + 1));
}

/** The entries of a range, without a gap. */
export async function readEntries(
  kv: KeyValueStore,
  conversation: string,
  range: EntryRange,
): Promise<StoredEntry[]> {
  const rows = await readRows(kv, conversation, range);
  return rows.map(([key, value]) => ({ seq: seqOfLogKey(key), entry: entryOf(value) }));
}

/** As `readEntries`, with the devices that sent them. */
export async function readSentEntries(
  kv: KeyValueStore,
  conversation: string,
  range: EntryRange,
): Promise<SentEntry[]> {
  const rows = await readRows(kv, conversation, range);
  return rows.map(([key, value]) => {
    const entry = entryOf(value);
    const device = value.toString("latin1", entry.length, value.length - 1);
    return { seq: seqOfLogKey(key), entry, device };
  });
}

async function readRows(
  kv: KeyValueStore,
  conversation: string,
  { from, through, limit, bytesMax, newest = false }: EntryRange,
): Promise<[Buffer, Buffer][]> {
  if (from > through || limit <= 0) return [];
  const bounds = logRange(conversation, from, through);
  const rows = await kv.range({ ...bounds, reverse: newest, limit, bytesMax });
  if (newest) rows.reverse();
  const first = rows[0] ? seqOfLogKey(rows[0][0]) : 0;
  if (rows.some(([key], i) => seqOfLogKey(key) !== first + i)) throw gap();
  return rows;
}

function entryOf(value: Buffer): Buffer {
  const end = value.length - 1 - (value.at(-1) ?? 0);
  if (end < 0) throw damaged();
  return value.subarray(0, end);
}

/** A log has no gaps; a damaged index of a file would look like one. */
function gap(): StoreError {
  const text = "A log has a gap: the files of the store are damaged. Restore a backup.";
  return new StoreError("corrupt", text);
}

function damaged(): StoreError {
  const text = "A log row is damaged, or of another version of this program. Restore a backup.";
  return new StoreError("corrupt", text);
}
