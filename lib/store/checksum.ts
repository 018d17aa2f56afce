import { crc32 } from "node:zlib";
import { StoreError } from "./kv.js";

/** Bytes that a stored value is longer than the value. */
export const SEAL_BYTES = 4;

/**
 * LevelDB keeps a checksum per block, but its Node binding gives no way to have it checked on
 * reads: a flipped bit would come back as data. So each value carries a CRC-32 of itself and its
 * key.
 */
export class Sealer {
  #scratch = Buffer.allocUnsafeSlow(64 * 1024);

  /** The value and its tail with their checksum: a view that is valid until the next call. */
  seal(key: Buffer, value: Buffer, tail: Buffer = NONE): Buffer {
    const length = value.length + tail.length;
    const needed = length + Math.max(key.length, SEAL_BYTES);
    if (needed > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(needed * 2);
    const scratch = this.#scratch;
    value.copy(scratch, 0);
    if (tail.length > 0) tail.copy(scratch, value.length);
    key.copy(scratch, length);
    const crc = crc32(scratch.subarray(0, length + key.length));
    scratch.writeUInt32LE(crc, length);
    return scratch.subarray(0, length + SEAL_BYTES);
  }
}

const NONE = Buffer.alloc(0);

/** The value without its checksum: a view. Throws StoreError when it does not fit its key. */
export function unseal(key: Buffer, sealed: Buffer): Buffer {
  const length = sealed.length - SEAL_BYTES;
  if (length >= 0) {
    const value = sealed.subarray(0, length);
    if (crc32(key, crc32(value)) === sealed.readUInt32LE(length)) return value;
  }
  throw new StoreError(
    "corrupt",
    "A stored value does not fit its checksum: the files of the store are damaged. " +
      "Restore the directory from a backup.",
  );
}
