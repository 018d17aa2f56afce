/**
 * Cuts an XMPP stream into its top-level elements, by counting tags. Enough for servers that escape
 * `>` in attributes and send neither comments nor CDATA, as ejabberd and Prosody do; nothing here
 * checks that the XML is good.
 */
export class StanzaScanner {
  #rest = "";

  constructor(readonly onElement: (text: string, start: number, end: number) => void) {}

  push(chunk: string): void {
    const text = this.#rest === "" ? chunk : this.#rest + chunk;
    this.#rest = "";
    let pos = 0;
    for (;;) {
      const start = text.indexOf("<", pos);
      if (start < 0) return;
      const end = elementEnd(text, start);
      if (end < 0) {
        this.#rest = text.slice(start);
        return;
      }
      pos = end;
      if (text.charCodeAt(start + 1) !== QUESTION) this.onElement(text, start, end);
    }
  }
}

/** Behind the element that starts here; -1 when its end has not come yet. */
function elementEnd(text: string, start: number): number {
  let depth = 0;
  let pos = start;
  do {
    const open = text.indexOf("<", pos);
    const close = open < 0 ? -1 : text.indexOf(">", open);
    if (close < 0) return -1;
    pos = close + 1;
    const first = text.charCodeAt(open + 1);
    // The stream itself stays open as long as the connection, and a declaration has no end.
    if (depth === 0 && (first === QUESTION || first === SLASH || isStream(text, open))) return pos;
    if (first === SLASH) depth--;
    else if (text.charCodeAt(close - 1) !== SLASH) depth++;
  } while (depth > 0);
  return pos;
}

function isStream(text: string, at: number): boolean {
  return text.startsWith("<stream:stream", at);
}

/** An attribute of the tag that starts at `from`, as written; empty when there is none. */
export function attribute(text: string, from: number, name: string): string {
  const close = text.indexOf(">", from);
  const at = text.indexOf(` ${name}=`, from);
  if (at < 0 || at > close) return "";
  const start = at + name.length + 3;
  const end = text.indexOf(text[start - 1] as string, start);
  return end < 0 || end > close ? "" : text.slice(start, end);
}

/** Where a child's tag starts within an element; -1 when the element has no such child. */
export function child(text: string, start: number, end: number, name: string): number {
  const at = text.indexOf(`<${name}`, start);
  return at >= end ? -1 : at;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
