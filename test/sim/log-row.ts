import { Entry } from "../../gen/chat/client/v1/messages.js";
import { SEAL_BYTES } from "../../lib/store/checksum.js";

/** The entry in a row of a log. Behind it: the device, the length of its id, the seal. */
export function entryOf(row: Buffer): Entry {
  const end = row.length - SEAL_BYTES - 1;
  return Entry.decode(row.subarray(0, end - (row[end] ?? 0)));
}
