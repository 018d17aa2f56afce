import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import { WireReader } from "../lib/wire/reader.js";
import { WireWriter } from "../lib/wire/writer.js";
import type { DeadLetter, DeadLetterKey, DeadLetterRange } from "./store.js";
import * as keys from "./store-level-keys.js";

/** The dead letters of the session's embedded store: with their conversation, and by name in one list of all. */
export function writeParked(batch: WriteBatch, letter: DeadLetter): void {
  batch.put(keys.parkedKey(letter), encode(letter));
  batch.put(keys.listedKey(letter), NOTHING);
}

export function removeParked(batch: WriteBatch, key: DeadLetterKey): void {
  batch.del(keys.parkedKey(key));
  batch.del(keys.listedKey(key));
}

export async function listDeadLetters(
  kv: KeyValueStore,
  { conversation, after, limit }: DeadLetterRange,
): Promise<DeadLetter[]> {
  if (limit <= 0) return [];
  const listed = await kv.range({ ...keys.listedRange(conversation, after), limit });
  const letters = await Promise.all(
    listed.map(async ([key]) => {
      const named = keys.readListedKey(key);
      const value = await kv.get(keys.parkedKey(named));
      // Replaced between the two reads.
      return value === undefined ? [] : [decodeParked(named, value)];
    }),
  );
  return letters.flat();
}

function encode(letter: DeadLetter): Buffer {
  writer.ascii(1, letter.user);
  writer.ascii(2, letter.sender);
  writer.uint(3, letter.reason);
  writer.uint(4, letter.nacks);
  writer.uint(5, letter.firstAtUnixMs);
  writer.uint(6, letter.lastAtUnixMs);
  writer.bool(7, letter.unseen);
  return writer.take();
}

export function decodeParked(key: DeadLetterKey, value: Buffer): DeadLetter {
  const fields = { user: "", sender: "", reason: 0, nacks: 0, firstAtUnixMs: 0, lastAtUnixMs: 0 };
  let unseen = false;
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) fields.user = reader.ascii();
    else if (reader.field === 2) fields.sender = reader.ascii();
    else if (reader.field === 3) fields.reason = reader.uint();
    else if (reader.field === 4) fields.nacks = reader.uint();
    else if (reader.field === 5) fields.firstAtUnixMs = reader.uint();
    else if (reader.field === 6) fields.lastAtUnixMs = reader.uint();
    else if (reader.field === 7) unseen = reader.bool();
  }
  return { ...key, ...fields, unseen };
}

// Each function is done with them when it returns.
const writer = new WireWriter(256);
const reader = new WireReader();
const NOTHING = Buffer.alloc(0);
