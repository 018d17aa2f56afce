import { randomBytes } from "node:crypto";

/**
 * Typed, prefixed ids. A user is `us_` + 16 and a device `dv_` + 16 characters of [0-9a-z]; boots and connections of
 * instances have ids of the same form. The conversation of two users is `dm_<x>_<y>` with the users' ids, without their
 * prefix, in ascending order: whoever has the id knows the members.
 */
export type IdPrefix = "us" | "dv" | "bt" | "gw";

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
  return id.length === 3 + BODY && id.startsWith("us_") && isBody(id, 3);
}

export function isDeviceId(id: string): boolean {
  return id.length === 3 + BODY && id.startsWith("dv_") && isBody(id, 3);
}

/** The conversation of two different users. */
export function directId(userA: string, userB: string): string {
  const a = userA.slice(3);
  const b = userB.slice(3);
  return a < b ? `dm_${a}_${b}` : `dm_${b}_${a}`;
}

/** Whether this is a well-formed id of a 1:1 conversation: two different users in order. */
export function isDirectId(id: string): boolean {
  return (
    id.length === DIRECT_LENGTH &&
    id.startsWith("dm_") &&
    id.charCodeAt(3 + BODY) === UNDERSCORE &&
    isBody(id, 3) &&
    isBody(id, 4 + BODY) &&
    id.slice(3, 3 + BODY) < id.slice(4 + BODY)
  );
}

/** The two members of a well-formed 1:1 conversation. */
export function directMembers(id: string): [string, string] {
  return [`us_${id.slice(3, 3 + BODY)}`, `us_${id.slice(4 + BODY)}`];
}

/** Whether the user is one of the two members of a well-formed 1:1 conversation. */
export function isDirectMember(id: string, user: string): boolean {
  const body = user.slice(3);
  return id.startsWith(body, 3) || id.startsWith(body, 4 + BODY);
}

/** Whether this is a UUID in lower-case canonical form. */
export function isUuid(id: string): boolean {
  return UUID.test(id);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UNDERSCORE = 0x5f;

function isBody(id: string, start: number): boolean {
  for (let i = start; i < start + BODY; i++) {
    const c = id.charCodeAt(i);
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a))) return false;
  }
  return true;
}
