import type { WireReader } from "./reader.js";
import { isSameAt, Known } from "./words.js";

/** Reads an ASCII field that mostly holds what it held before: the same bytes give the same string, without making one. */
export class LastAscii {
  #text = "";
  #bytes = new Known(Buffer.alloc(0));

  /** The field that `field` stands at. */
  read(field: WireReader): string {
    const { buf, start, stop } = field;
    if (start < stop && isSameAt(this.#bytes, 0, buf, start, stop)) return this.#text;
    this.#text = field.ascii();
    this.#bytes = new Known(Buffer.from(this.#text, "latin1"));
    return this.#text;
  }
}
