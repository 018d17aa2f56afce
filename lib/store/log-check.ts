import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { maskedCrc32c } from "./crc32c.js";
import { damaged, ifThere } from "./failure.js";

/**
 * LevelDB replays its logs when it opens. A record whose checksum is wrong it drops, with the rest
 * of its 32 KiB block, and says nothing: right for a torn tail, which nobody was told is durable,
 * but a flipped bit in the middle takes acknowledged data with it. Batches are synced one at a
 * time, so behind a torn one no other can begin: if one does, the bad record was durable once, and
 * the files are damaged.
 *
 * Format: blocks of 32 KiB; a record is a masked CRC-32C of type and data (4 bytes), the length of
 * the data (2), the type (1), the data. A batch is one record (1), or a first one (2), middle ones
 * (3) and a last one (4).
 */
export async function checkLogs(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => /^\d+\.log$/.test(name));
  names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  let broken: string | undefined;
  for (const name of names) {
    const log = await ifThere(readFile(join(directory, name)));
    const { bad, begunBehind } = scanLog(log ?? NONE, !!broken);
    if (bad) broken ??= name;
    if (!begunBehind) continue;
    throw damaged(directory, `${broken} has a broken record with later ones behind it`);
  }
}

/**
 * Whether the log has a bad record, and whether a batch begins somewhere behind it, or behind an
 * earlier one.
 */
export function scanLog(log: Buffer, brokenBefore = false): { bad: boolean; begunBehind: boolean } {
  let bad = false;
  let pos = 0;
  while (pos < log.length) {
    const blockEnd = Math.min(log.length, (Math.floor(pos / BLOCK) + 1) * BLOCK);
    if (blockEnd - pos < HEADER) {
      // Fewer bytes than a header: filling at the end of a block, a torn header at the end of the
      // log.
      pos = blockEnd;
      continue;
    }
    const next = endOfRecord(log, pos, blockEnd);
    if (next === 0) {
      // Its length may be what is wrong: any later byte may be the next record's first.
      bad = true;
      pos++;
      continue;
    }
    const begins = log[pos + 6] === FULL || log[pos + 6] === FIRST;
    if (begins && (bad || brokenBefore)) return { bad, begunBehind: true };
    pos = next;
  }
  return { bad, begunBehind: false };
}

const NONE = Buffer.alloc(0);
const BLOCK = 32 * 1024;
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/** The first byte behind the record at `pos`, 0 when there is no valid one. */
function endOfRecord(log: Buffer, pos: number, blockEnd: number): number {
  const type = log[pos + 6] as number;
  if (type < FULL || type > LAST) return 0;
  const end = pos + HEADER + log.readUInt16LE(pos + 4);
  if (end > blockEnd) return 0;
  return log.readUInt32LE(pos) === maskedCrc32c(log, pos + 6, end) ? end : 0;
}
