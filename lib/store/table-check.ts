import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { maskedCrc32c } from "./crc32c.js";
import { damaged, ifThere } from "./failure.js";
import { unsnappy } from "./snappy.js";

/** Bytes of tables that are read at opening, about 3 s; of more, the newest are checked. */
const CHECKED_BYTES_MAX = 1024 * 1024 * 1024;

/** Checks LevelDB's table files before it opens them: each once, for they are never changed. */
export class TableCheck {
  readonly #checked = new Set<string>();

  constructor(readonly directory: string) {}

  async run(): Promise<void> {
    const names = (await readdir(this.directory)).filter((name) => /^\d+\.(ldb|sst)$/.test(name));
    names.sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
    let left = CHECKED_BYTES_MAX;
    for (const name of names) {
      const path = join(this.directory, name);
      const found = await ifThere(stat(path));
      if (!found) continue;
      const { size, mtimeMs } = found;
      const mark = `${name} ${size} ${mtimeMs}`;
      left -= size;
      if (left < 0) return;
      if (this.#checked.has(mark)) continue;
      const table = await ifThere(readFile(path));
      if (table && !isSoundTable(table)) {
        throw damaged(this.directory, `${name} does not fit its checksums`);
      }
      this.#checked.add(mark);
    }
  }
}

/**
 * Format: data blocks, a filter block, a block about it, the index block, the footer. Behind each
 * block are its type (1 byte, 1 when compressed) and a masked CRC-32C of both (4). The index holds
 * where each data block is.
 *
 * A file without the mark at its end counts as sound: a crash in the middle of a compaction leaves
 * such, and nothing refers to it. If something does, LevelDB refuses it by itself.
 */
export function isSoundTable(table: Buffer): boolean {
  const footer = table.length - FOOTER;
  if (footer < 0 || !table.subarray(-MARK.length).equals(MARK)) return true;
  const handles = new Handles(table, footer);
  const about = handles.next();
  const index = handles.next();
  if (index.end !== footer || about.end !== index.start) return false;
  if (!isSoundBlock(table, about) || !isSoundBlock(table, index)) return false;
  let end = 0;
  for (const block of indexed(table, index)) {
    if (block.start !== end || !isSoundBlock(table, block)) return false;
    end = block.end;
  }
  return end === about.start || isSoundBlock(table, { start: end, end: about.start });
}

/** A block from its first byte to the one behind its checksum. */
interface Block {
  readonly start: number;
  readonly end: number;
}

const FOOTER = 48;
const TRAILER = 5;
const MARK = Buffer.from("57fb808b247547db", "hex");

function isSoundBlock(table: Buffer, { start, end }: Block): boolean {
  if (end - start < TRAILER || end > table.length) return false;
  return table.readUInt32LE(end - 4) === maskedCrc32c(table, start, end - 4);
}

/**
 * The blocks an index lists: entries of (shared, own, value length, own key bytes, value), then the
 * restart points.
 */
function indexed(table: Buffer, { start, end }: Block): Block[] {
  const stored = table.subarray(start, end - TRAILER);
  const index = table[end - TRAILER] === 1 ? unsnappy(stored) : stored;
  const restarts = index.readUInt32LE(index.length - 4);
  const handles = new Handles(index, 0);
  const blocks: Block[] = [];
  while (handles.pos < index.length - 4 - 4 * restarts) {
    handles.number();
    const own = handles.number();
    handles.number();
    handles.pos += own;
    blocks.push(handles.next());
  }
  return blocks;
}

/** Reads handles: offset and size as varints. */
class Handles {
  constructor(
    readonly bytes: Buffer,
    public pos: number,
  ) {}

  next(): Block {
    const start = this.number();
    return { start, end: start + this.number() + TRAILER };
  }

  number(): number {
    let value = 0;
    for (let scale = 1; this.pos < this.bytes.length; scale *= 0x80) {
      const byte = this.bytes[this.pos++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  }
}
