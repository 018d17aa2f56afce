/**
 * A 53-bit hash (two 32-bit multiply-xor lanes), spread well enough for placing keys and for recognising a
 * repeated message. Not for secrets: an attacker can find collisions, and gains nothing by them.
 */
export function hash53(buf: Uint8Array, start = 0, end = buf.length): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b1;
  for (let i = start; i < end; i++) {
    const byte = buf[i] as number;
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
  }
  return finish(a, b);
}

/** The same hash of an ASCII string's characters. */
export function hash53ascii(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b1;
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
  }
  return finish(a, b);
}

/** The shard of a conversation. Fixed for ever: stored data depends on it. */
export function shardOf(conversation: string, shards: number): number {
  return hash53ascii(conversation) % shards;
}

function finish(a: number, b: number): number {
  a ^= b >>> 15;
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  a ^= b >>> 16;
  b ^= a >>> 13;
  return (a >>> 0) * 0x20_0000 + ((b >>> 0) & 0x1f_ffff);
}
