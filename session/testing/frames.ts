import type { Link } from "../../lib/link/link.js";
import type { WireReader } from "../../lib/wire/reader.js";
import { WireWriter } from "../../lib/wire/writer.js";

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
}

/** Decodes one frame of a link with the generated codec of its batch. */
export function decodeFrame<F>(
  batch: { decode(bytes: Uint8Array): { frames: F[] } },
  kind: number,
  body: WireReader,
): F {
  const frame = new WireWriter();
  frame.bytes(kind, body.buf, body.pos, body.end, true);
  const out = new WireWriter();
  out.bytes(1, frame.take());
  return batch.decode(out.take()).frames[0] as F;
}

/** Writes one frame, given as an object, to a link. */
export function writeFrame<F>(link: Link, codec: Codec<F>, frame: F): void {
  const bytes = Buffer.from(codec.encode(frame).finish());
  const tagSize = (bytes[0] as number) < 0x80 ? 1 : 2;
  const arm = (bytes[0] as number) >> 3;
  let start = tagSize;
  while ((bytes[start] as number) >= 0x80) start++;
  const out = link.begin(arm, bytes.length);
  if (out === undefined) throw new Error("the link took no frame");
  out.raw(bytes, start + 1);
  link.end();
}
