import assert from "node:assert/strict";
import { maskedCrc32c } from "./crc32c.js";
import { scanLog } from "./log-check.js";
import { unsnappy } from "./snappy.js";

describe("scan of a LevelDB log", () => {
  it("finds nothing wrong with whole batches, also over several blocks", () => {
    const log = written(10, 40_000, 32_768 - 7 - (40_000 % 32_768), 100_000, 5);
    assert.deepEqual(scanLog(log), { bad: false, begunBehind: false });
    assert.deepEqual(scanLog(Buffer.alloc(0)), { bad: false, begunBehind: false });
  });

  it("takes a batch that ends anywhere at the end of the file for torn", () => {
    const start = written(100).length;
    const log = written(100, 70_000);
    for (let end = start; end < log.length; end += 997) {
      assert.equal(scanLog(log.subarray(0, end)).begunBehind, false, `cut at ${end}`);
    }
  });

  it("takes zeros and the later parts of the same batch behind a hole for torn", () => {
    const log = written(100, 100_000);
    log.fill(0, 20_000, 50_000);
    assert.deepEqual(scanLog(log), { bad: true, begunBehind: false });
    const zeros = Buffer.concat([written(100), Buffer.alloc(5000)]);
    assert.deepEqual(scanLog(zeros), { bad: true, begunBehind: false });
  });

  it("sees a batch that begins behind a bad one, wherever the bit is flipped", () => {
    const sound = written(60, 50, 40_000, 10);
    const last = sound.length - 17;
    for (let at = 0; at < last; at += at < 200 ? 1 : 1009) {
      const log = Buffer.from(sound);
      log[at] = (log[at] as number) ^ 0x10;
      const { bad, begunBehind } = scanLog(log);
      // The filling at the end of a block means nothing.
      if (bad) assert.equal(begunBehind, true, `flipped at ${at}`);
    }
  });

  it("counts what an earlier log lacks", () => {
    assert.equal(scanLog(written(10), true).begunBehind, true);
    assert.equal(scanLog(Buffer.alloc(0), true).begunBehind, false);
  });
});

describe("CRC-32C and decompression of LevelDB's files", () => {
  it("gives the published checksum", () => {
    const crc = 0xe3069283;
    const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    assert.equal(maskedCrc32c(Buffer.from("-123456789-"), 1, 10), masked);
  });

  it("undoes literals of any length and copies that overlap themselves", () => {
    const long = Buffer.alloc(300, "0123456789");
    const compressed = Buffer.from([
      ...[0xc9, 0x02], // 329 bytes
      ...[(2 - 1) << 2, ...Buffer.from("ab")],
      ...[1 | ((8 - 4) << 2), 2],
      ...[2 | ((6 - 1) << 2), ...u16(10)],
      ...[61 << 2, ...u16(300 - 1), ...long],
      ...[1 | ((9 - 4) << 2) | ((300 >> 8) << 5), 300 & 0xff],
      ...[3 | ((4 - 1) << 2), ...u16(319), 0, 0],
    ]);
    // The last copy goes back 319 of 325 bytes, to the seventh one.
    assert.equal(unsnappy(compressed).toString(), `${"ab".repeat(8)}${long}012345678abab`);
  });
});

function u16(value: number): [number, number] {
  return [value & 0xff, value >> 8];
}

const BLOCK = 32 * 1024;

/** A log with one batch of each length. */
function written(...lengths: number[]): Buffer {
  const parts: Buffer[] = [];
  let pos = 0;
  for (const length of lengths) {
    for (let left = length, first = true; first || left > 0; first = false) {
      if (BLOCK - (pos % BLOCK) < 7) {
        parts.push(Buffer.alloc(BLOCK - (pos % BLOCK)));
        pos += BLOCK - (pos % BLOCK);
      }
      const size = Math.min(left, BLOCK - (pos % BLOCK) - 7);
      left -= size;
      parts.push(record(first ? (left ? 2 : 1) : left ? 3 : 4, Buffer.alloc(size, 0xab)));
      pos += 7 + size;
    }
  }
  return Buffer.concat(parts);
}

function record(type: number, data: Buffer): Buffer {
  const record = Buffer.concat([Buffer.alloc(7), data]);
  record[6] = type;
  record.writeUInt16LE(data.length, 4);
  record.writeUInt32LE(maskedCrc32c(record, 6, record.length), 0);
  return record;
}
