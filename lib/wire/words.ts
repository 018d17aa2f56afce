/**
 * Bytes copied and compared four at a time, which is quicker than any call out of JavaScript for the short pieces that
 * frames consist of. Needs a view of the buffer; of the buffer asked for last it is kept, as the pieces of a batch
 * are taken one after the other.
 */
let lastBuf: Uint8Array = new Uint8Array(0);
let lastView: DataView = newView(lastBuf);

export function newView(buf: Uint8Array): DataView {
  return new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
}

/** A view of `buf`, the same one as long as nobody asks for another buffer's. */
export function viewOf(buf: Uint8Array): DataView {
  if (buf !== lastBuf) {
    lastView = newView(buf);
    lastBuf = buf;
  }
  return lastView;
}

/** Whether `viewOf` has the view at hand. */
export function hasView(buf: Uint8Array): boolean {
  return buf === lastBuf;
}

export function copyWords(
  from: DataView,
  start: number,
  end: number,
  into: DataView,
  at: number,
): void {
  let i = start;
  let to = at;
  for (; i + 4 <= end; i += 4, to += 4) into.setInt32(to, from.getInt32(i));
  for (; i < end; i++, to++) into.setUint8(to, from.getUint8(i));
}

/** Bytes that are compared with others again and again: a copy, so that they keep no larger buffer in memory. */
export class Known {
  readonly view: DataView;
  readonly length: number;

  constructor(bytes: Uint8Array) {
    this.view = newView(new Uint8Array(bytes));
    // Asking the view for it is a call out of compiled code.
    this.length = bytes.length;
  }
}

/** Whether all of the known bytes, from `skip` on, are what lies in `buf` from `start` to `end`. */
export function isSameAt(
  { view: known, length: all }: { readonly view: DataView; readonly length: number },
  skip: number,
  buf: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = end - start;
  if (all - skip !== length) return false;
  const view = viewOf(buf);
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if (known.getInt32(skip + i) !== view.getInt32(start + i)) return false;
  }
  for (; i < length; i++) if (known.getUint8(skip + i) !== view.getUint8(start + i)) return false;
  return true;
}
