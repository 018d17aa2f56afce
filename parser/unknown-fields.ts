import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { messageOf } from "../lib/contract.js";
import { WireError } from "../lib/wire/reader.js";
import type { Slice } from "./slice.js";

const frames = messageOf("chat.client.v1.ClientFrame");

/**
 * A valid client frame without the fields that this server does not know. A client of a later
 * version may send them; who receives the frame next reads it lazily and is to meet nothing that
 * was not checked.
 */
export function withoutUnknownFields({ buf, start, stop }: Slice): Buffer {
  try {
    const frame = fromBinary(frames, buf.subarray(start, stop), { readUnknownFields: false });
    const bytes = toBinary(frames, frame);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    throw new WireError("unknown fields that are not canonical", { cause });
  }
}
