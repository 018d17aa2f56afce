import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * The refresh tokens of one device are a chain T0 → T1 → T2 …, of which only hashes are kept.
 *
 * A token is 48 random bytes: 16 that name the family, the same in the whole chain, and a secret of 32. T(n+1)'s secret is
 * HMAC-SHA-256(salt, T(n)'s secret) with a new random salt per step. So T(n+1) can be computed
 * again from T(n) and what is stored, but neither from T(n) alone nor from the store alone.
 *
 * The rule. Let N be the newest token given out (not yet used), P the one before it, at time t it was used:
 *  - N is presented: the chain moves on (P := N, N := next, t := now) and the answer holds the next token.
 *  - P is presented within 30 s of t: its answer may have been lost, so the same N is computed and answered again. Nothing
 *    changes: t stays, so repeating does not lengthen the 30 s, and however many repeats there are, at the same time or
 *    one after the other, all hold the same N. There is never a second branch.
 *  - Anything else that names the family (P later, anything older, a wrong secret): two parties hold tokens of the chain. The
 *    device is revoked. As soon as N is used, P counts as older, within its 30 s too.
 *  - N has expired: the family is dead whatever is presented.
 * A thief who has P gains no more than one who has N: whichever of him and the owner comes later than 30 s after the other
 * with a used token ends the chain for both. Only a thief who refreshes within 30 s of each refresh of the owner stays unseen.
 */
export interface RefreshFamily {
  /** SHA-256 of the family part. */
  readonly family: string;
  /** SHA-256 of the newest token's secret. */
  readonly newest: string;
  /** SHA-256 of the secret of the token before; empty when there is none. */
  readonly previous: string;
  /** Key that leads from the previous secret to the newest. */
  readonly salt: string;
  /** When the previous one was used. */
  readonly rotatedMs: number;
  /** When the newest one expires. */
  readonly expiresMs: number;
}

/** A token, taken apart. */
export interface PresentedToken {
  readonly familyPart: Buffer;
  readonly secret: Buffer;
}

export type Verdict = "newest" | "repeat" | "reused" | "expired";

/** For how long a token that was just used may be repeated. */
export const REPEAT_MS = 30_000;
const FAMILY_BYTES = 16;
const SECRET_BYTES = 32;
const TOKEN_LENGTH = ((FAMILY_BYTES + SECRET_BYTES) * 4) / 3;
const FORM = new RegExp(`^[A-Za-z0-9_-]{${TOKEN_LENGTH}}$`);

/** A new chain and its first token. */
export function startFamily(expiresMs: number): { family: RefreshFamily; token: string } {
  const presented = { familyPart: randomBytes(FAMILY_BYTES), secret: randomBytes(SECRET_BYTES) };
  const family = {
    family: familyHash(presented),
    newest: hash(presented.secret),
    previous: "",
    salt: "",
    rotatedMs: 0,
    expiresMs,
  };
  return { family, token: format(presented) };
}

/** Takes a token apart; undefined when it cannot be one. */
export function parseToken(token: string): PresentedToken | undefined {
  if (!FORM.test(token)) return undefined;
  const bytes = Buffer.from(token, "base64url");
  return { familyPart: bytes.subarray(0, FAMILY_BYTES), secret: bytes.subarray(FAMILY_BYTES) };
}

/** What a family is found by. */
export function familyHash(token: Pick<PresentedToken, "familyPart">): string {
  return hash(token.familyPart);
}

/** Applies the rule. */
export function judge(family: RefreshFamily, token: PresentedToken, nowMs: number): Verdict {
  if (nowMs >= family.expiresMs) return "expired";
  const presented = hash(token.secret);
  if (equal(presented, family.newest)) return "newest";
  // The clock may have been set back a little since; a jump by more than the time allowed does not widen it.
  const recent = Math.abs(nowMs - family.rotatedMs) <= REPEAT_MS;
  return recent && equal(presented, family.previous) ? "repeat" : "reused";
}

/** The chain one step on, after `newest` was presented, and the next token. */
export function rotate(
  family: RefreshFamily,
  token: PresentedToken,
  time: { nowMs: number; expiresMs: number },
): { family: RefreshFamily; token: string } {
  const salt = randomBytes(SECRET_BYTES);
  const secret = derive(salt, token.secret);
  const next = {
    family: family.family,
    newest: hash(secret),
    previous: family.newest,
    salt: salt.toString("base64url"),
    rotatedMs: time.nowMs,
    expiresMs: time.expiresMs,
  };
  return { family: next, token: format({ familyPart: token.familyPart, secret }) };
}

/** The newest token again, after `previous` was presented. */
export function repeat(family: RefreshFamily, token: PresentedToken): string {
  const secret = derive(Buffer.from(family.salt, "base64url"), token.secret);
  return format({ familyPart: token.familyPart, secret });
}

function derive(salt: Buffer, secret: Buffer): Buffer {
  return createHmac("sha256", salt).update(secret).digest();
}

function format(token: PresentedToken): string {
  return Buffer.concat([token.familyPart, token.secret]).toString("base64url");
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
