import { randomBytes } from "node:crypto";

/**
 * Typed, prefixed ids. A user is `us_` + 16 and a device `dv_` + 16 characters of [0-9a-z]; boots and connections of
 * instances have ids of the same form. The conversation of two users is `dm_<x>_<y>` with the users' ids, without their
 * prefix, in ascending order: whoever has the id knows the members. A group is `gr_` + 16 of the same characters.
 */
export type IdPrefix = "us" | "dv" | "bt" | "gw" | "gr";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BODY = 16;
const DIRECT_LENGTH = 3 + BODY + 1 + BODY;

/** A new random id: 80 bits. */
export function newId(prefix: IdPrefix): string {
  let id = `${prefix}_`;
  for (const byte of randomBytes(BODY)) id += ALPHABET[byte & 31];
  return id;
}

export function isUserId(id: string): boolean {
  return isOf(id, "us_");
}

export function isDeviceId(id: string): boolean {
  return isOf(id, "dv_");
}

export function isGroupId(id: string): boolean {
  return isOf(id, "gr_");
}

/** The conversation of two different users. */
export function directId(userA: string, userB: string): string {
  const a = userA.slice(3);
  const b = userB.slice(3);
  return a < b ? `dm_${a}_${b}` : `dm_${b}_${a}`;
}

/** Whether this is a well-formed id of a 1:1 conversation: two different users in order. */
export function isDirectId(id: string): boolean {
  return isDirectIdAt(Buffer.from(id), 0, id.length);
}

/** The two members of a well-formed 1:1 conversation. */
export function directMembers(id: string): [string, string] {
  return [`us_${id.slice(3, 3 + BODY)}`, `us_${id.slice(4 + BODY)}`];
}

/** As `isDirectId`, of bytes: without making a string of them. */
export function isDirectIdAt(buf: Uint8Array, start: number, stop: number): boolean {
  if (stop - start !== DIRECT_LENGTH) return false;
  if (buf[start] !== 0x64 || buf[start + 1] !== 0x6d || buf[start + 2] !== UNDERSCORE) return false;
  const first = start + 3;
  const second = first + BODY + 1;
  if (buf[second - 1] !== UNDERSCORE) return false;
  let order = 0;
  for (let i = 0; i < BODY; i++) {
    const a = buf[first + i] as number;
    const b = buf[second + i] as number;
    if (!isIdByte(a) || !isIdByte(b)) return false;
    if (order === 0) order = b - a;
  }
  return order > 0;
}

/** As `isGroupId`, of bytes. */
export function isGroupIdAt(buf: Uint8Array, start: number, stop: number): boolean {
  return buf[start] === 0x67 && buf[start + 1] === 0x72 && hasFormAt(buf, start, stop);
}

/** As `isUserId`, of bytes. */
export function isUserIdAt(buf: Uint8Array, start: number, stop: number): boolean {
  return buf[start] === 0x75 && buf[start + 1] === 0x73 && hasFormAt(buf, start, stop);
}

/** Whether two letters are followed by what the ids of users and groups have behind them. */
function hasFormAt(buf: Uint8Array, start: number, stop: number): boolean {
  if (stop - start !== 3 + BODY || buf[start + 2] !== UNDERSCORE) return false;
  for (let i = start + 3; i < stop; i++) if (!isIdByte(buf[i] as number)) return false;
  return true;
}

/** Whether the user is one of the two members of the 1:1 conversation whose well-formed id begins at `start`. */
export function isDirectMemberAt(buf: Uint8Array, start: number, user: string): boolean {
  return hasBodyAt(buf, start + 3, user) || hasBodyAt(buf, start + 4 + BODY, user);
}

function hasBodyAt(buf: Uint8Array, at: number, user: string): boolean {
  if (user.length !== 3 + BODY) return false;
  for (let i = 0; i < BODY; i++) if (buf[at + i] !== user.charCodeAt(3 + i)) return false;
  return true;
}

export function isUuid(text: string): boolean {
  const bytes = Buffer.from(text);
  return isUuidAt(bytes, 0, bytes.length);
}

/** Whether these bytes are a UUID in lower-case canonical form. */
export function isUuidAt(buf: Uint8Array, start: number, stop: number): boolean {
  if (stop - start !== 36) return false;
  for (let i = 0; i < 36; i++) {
    const c = buf[start + i] as number;
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (c !== 0x2d) return false;
    } else if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}

function isIdByte(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a);
}

const UNDERSCORE = 0x5f;

function isOf(id: string, prefix: string): boolean {
  if (id.length !== prefix.length + BODY || !id.startsWith(prefix)) return false;
  for (let i = prefix.length; i < id.length; i++) if (!isIdByte(id.charCodeAt(i))) return false;
  return true;
}
