import { ChatError } from "./errors.js";
import { bounds } from "./timings.js";

/** Well-formed UTF-8 of 1 to 32,768 bytes; lone surrogates become U+FFFD as they would on the wire. */
export function checkedText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0) throw new ChatError("INVALID", "A message cannot be empty.");
  if (bytes.length > bounds.textBytesMax) {
    const why = `A message has at most ${bounds.textBytesMax} bytes; this one has ${bytes.length}.`;
    throw new ChatError("INVALID", why);
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
