import { type KeyValueStore, StoreError } from "../lib/store/kv.js";
import { WireError } from "../lib/wire/reader.js";
import { decodeMoves, encodeMoves } from "./row.js";
import { type FlushRow, NEWEST_SEGMENT, type ReceiptsStore, type RowPosition } from "./store.js";

/**
 * Flush rows in an ordered key-value store. Key: `f` conversation NUL segment flush writer, with segment and flush as
 * 6 bytes, big-endian, so that byte order is the order of rows. Value: row.ts.
 */
export function levelReceiptsStore(kv: KeyValueStore): ReceiptsStore {
  return new LevelReceiptsStore(kv);
}

/** Two full rows lie at most this far apart in nearly all cases: one read is enough. */
const TAIL_STEP = 130;
const POSITION_BYTES = 12;

class LevelReceiptsStore implements ReceiptsStore {
  readonly exclusive = true;
  readonly #kv: KeyValueStore;

  constructor(kv: KeyValueStore) {
    this.#kv = kv;
  }

  get generation(): number {
    return this.#kv.generation;
  }

  commit(rows: readonly FlushRow[]): Promise<void> {
    return this.#kv.write((batch) => {
      for (const row of rows) batch.put(keyOf(row), encodeMoves(row.full, row.moves));
    });
  }

  async readTail(conversation: string, segment: number): Promise<FlushRow[]> {
    const gte = positionKey(conversation, { segment: 0, flush: 0, writer: "" });
    let lt = endKey(conversation, segment);
    const tail: FlushRow[] = [];
    let full = 0;
    for (;;) {
      const pairs = await this.#kv.range({ gte, lt, reverse: true, limit: TAIL_STEP });
      for (const [key, value] of pairs) {
        const row = rowOf(conversation, key, value);
        if (tail.length > 0 && row.segment !== tail[0]?.segment) return tail;
        tail.push(row);
        if (row.full) full++;
        if (full === 2) return tail;
        lt = key;
      }
      if (pairs.length < TAIL_STEP) return tail;
    }
  }

  async readPage(conversation: string, after: RowPosition, limit: number): Promise<FlushRow[]> {
    const from = positionKey(conversation, after);
    const pairs = await this.#kv.range({
      // The smallest key behind `from`.
      gte: Buffer.concat([from, NUL]),
      lt: endKey(conversation, NEWEST_SEGMENT),
      limit,
    });
    return pairs.map(([key, value]) => rowOf(conversation, key, value));
  }

  close(): Promise<void> {
    return this.#kv.close();
  }
}

const NUL = Buffer.alloc(1);

function keyOf(row: FlushRow): Buffer {
  return positionKey(row.conversation, row);
}

function positionKey(conversation: string, position: RowPosition): Buffer {
  const { segment, flush, writer } = position;
  const at = conversation.length + 2;
  const key = Buffer.allocUnsafe(at + POSITION_BYTES + writer.length);
  key.write(`f${conversation}\0`, 0, "latin1");
  key.writeUIntBE(segment, at, 6);
  key.writeUIntBE(flush, at + 6, 6);
  key.write(writer, at + POSITION_BYTES, "latin1");
  return key;
}

/** The first key above all rows of the conversation up to and with the segment. */
function endKey(conversation: string, segment: number): Buffer {
  return positionKey(conversation, { segment: segment + 1, flush: 0, writer: "" });
}

function rowOf(conversation: string, key: Buffer, value: Buffer): FlushRow {
  const at = conversation.length + 2;
  try {
    const { full, moves } = decodeMoves(value);
    return {
      conversation,
      segment: key.readUIntBE(at, 6),
      flush: key.readUIntBE(at + 6, 6),
      writer: key.toString("latin1", at + POSITION_BYTES),
      full,
      moves,
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const text = "A row of the receipts store is damaged: restore the directory from a backup.";
    throw new StoreError("corrupt", text, { cause: error });
  }
}
