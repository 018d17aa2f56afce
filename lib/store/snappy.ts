/** Undoes LevelDB's compression of a block whose checksum is right already. */
export function unsnappy(from: Buffer): Buffer {
  let pos = 0;
  let length = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = from[pos++] as number;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  const into = Buffer.alloc(length);
  let at = 0;
  while (pos < from.length) {
    const tag = from[pos++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >>> 2) + 1;
      if (size > 60) {
        const bytes = size - 60;
        size = from.readUIntLE(pos, bytes) + 1;
        pos += bytes;
      }
      from.copy(into, at, pos, pos + size);
      pos += size;
      at += size;
      continue;
    }
    // A copy of what is there already; it may overlap its own result, so it goes byte by byte.
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const back = from.readUIntLE(pos, width) + (kind === 1 ? (tag >>> 5) * 0x100 : 0);
    pos += width;
    for (const end = at + size; at < end; at++) into[at] = into[at - back] as number;
  }
  return into;
}
