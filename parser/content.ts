import { limits } from "../lib/limits.js";
import { WireReader } from "../lib/wire/reader.js";

const CONTENT_TEXT = 1;
const TEXT_TEXT = 1;

/**
 * Whether a Content, already walked by its shape, can be stored: one known kind, within its limits.
 * What is stored is shown to others byte for byte, so a field that this server does not know is
 * refused here, unlike elsewhere in a frame: a later client could read a meaning into it that
 * nobody has checked.
 */
export function checkContent(buf: Buffer, start: number, stop: number): boolean {
  if (stop - start > limits.contentBytesMax) return false;
  if (!only(outer.reset(buf, start, stop), CONTENT_TEXT)) return false;
  if (!only(inner.reset(buf, outer.start, outer.stop), TEXT_TEXT)) return false;
  const bytes = inner.stop - inner.start;
  return bytes >= 1 && bytes <= limits.textBytesMax;
}

/** Moves to a message's only field; false when there is none, another, or more than one. */
function only(reader: WireReader, field: number): boolean {
  return reader.next() && reader.field === field && reader.pos === reader.end;
}

const outer = new WireReader();
const inner = new WireReader();
