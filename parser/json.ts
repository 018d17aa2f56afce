import { isUtf8 } from "node:buffer";
import { type DescMessage, fromBinary, fromJsonString, toBinary, toJson } from "@bufbuild/protobuf";
import { messageOf } from "../lib/contract.js";
import { WireError } from "../lib/wire/reader.js";
import type { Slice } from "./slice.js";

/** Deeper than any frame of the contract. */
const DEPTH_MAX = 16;

/** The canonical JSON form of the client protocol, by reflection on the compiled contract. */
export class JsonCodec {
  readonly #client: DescMessage = messageOf("chat.client.v1.ClientFrame");
  readonly #server: DescMessage = messageOf("chat.client.v1.ServerFrame");

  /**
   * A client's JSON as Protobuf. Strict: an unknown or repeated key, a value of another type, a
   * lone surrogate or text that is not UTF-8 throws WireError. What comes out is checked like any
   * other Protobuf frame.
   */
  toProto({ buf, start, stop }: Slice): Buffer {
    if (!isUtf8(buf.subarray(start, stop))) throw new WireError("JSON that is not UTF-8");
    const text = buf.toString("utf8", start, stop);
    let bytes: Uint8Array;
    try {
      const frame = fromJsonString(this.#client, text, { recursionLimit: DEPTH_MAX });
      bytes = toBinary(this.#client, frame);
    } catch (cause) {
      throw new WireError("not the JSON form of a frame", { cause });
    }
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A ServerFrame in Protobuf as JSON. */
  toJson({ buf, start, stop }: Slice): Buffer {
    const frame = fromBinary(this.#server, buf.subarray(start, stop));
    return Buffer.from(JSON.stringify(toJson(this.#server, frame)));
  }
}
