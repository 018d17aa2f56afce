import { createPublicKey, hash, type KeyObject, verify as verifySignature } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, type JSONWebKeySet, type JWTPayload } from "jose";
import { boundedCache } from "./bounded-cache.js";
import type { Clock } from "./clock.js";
import { isDeviceId, isUserId } from "./ids.js";

/** What every access token says of itself. auth/ signs with these values, everyone else checks them. */
export const accessToken = {
  /**
   * Signed once in ten minutes, verified at each connection: when all clients of a gateway come back at once, this decides
   * how fast. Verifying takes 27 µs, of EdDSA 126 and of ES256 83 on the same machine.
   */
  algorithm: "RS256",
  keyBits: 2048,
  type: "at+jwt",
  issuer: "chatmesh",
  audience: "chatmesh",
  bytesMax: 4096,
  toleranceMs: 30_000,
} as const;

/**
 * Why a token is not accepted. `unavailable`: the keys could not be fetched, so nothing is known of the token and the
 * caller may try again later; everything else is final for this token.
 */
export type TokenFailure = "malformed" | "signature" | "claims" | "expired" | "unavailable";

/** The token is not accepted. Holds nothing of the token itself. */
export class TokenError extends Error {
  override name = "TokenError";

  constructor(
    readonly failure: TokenFailure,
    message: string,
  ) {
    super(message);
  }
}

export interface VerifiedToken {
  readonly user: string;
  readonly device: string;
  /** When it expires, without the tolerance. */
  readonly expiresMs: number;
}

export interface TokenVerifier {
  /** Whether it has keys: before, every token is `unavailable`. Being asked makes it fetch them again if that had failed. */
  readonly ready: boolean;
  /**
   * Throws TokenError and nothing else. Synchronous, because a WebSocket can be upgraded safely only within the callback
   * that brought it. Does not know of revocations.
   */
  verify(token: string): VerifiedToken;
}

export interface VerifierDeps {
  /** Fetches the published keys: the JWK set as JSON (Auth.GetKeys). */
  readonly keys: () => Promise<string>;
  readonly clock: Clock;
  /** Verified tokens remembered, so that a storm of reconnects does not verify the same ones again. */
  readonly cacheMax?: number;
}

/** An unknown key id asks for the keys again, but not more often than this: anyone can invent key ids. */
const REFETCH_MS = 10_000;
/** After a failed fetch. */
const RETRY_MS = 1000;
/** Keys older than this are fetched again in the background, so that a withdrawn one goes. */
const KEYS_AGE_MAX_MS = 300_000;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Verifies access tokens with the published keys, after RFC 8725. The keys are fetched at once, and kept fresh. */
export function createVerifier(deps: VerifierDeps): TokenVerifier {
  // By digest: a token is ten times as long, and one is kept for each connection.
  const cache = boundedCache<string, VerifiedToken>(deps.cacheMax ?? 16_384);
  const keys = createKeyring(deps, () => cache.clear());

  return {
    get ready() {
      // Who has no keys yet is sent no tokens, so this question is all that makes it ask again.
      keys.refreshOld();
      return keys.known;
    },
    verify(token) {
      if (typeof token !== "string" || token.length > accessToken.bytesMax) {
        throw new TokenError("malformed", "the token is too long");
      }
      const nowMs = deps.clock.wallMs();
      keys.refreshOld();
      const digest = hash("sha256", token, "base64url");
      const cached = cache.get(digest);
      if (cached === undefined) {
        const verified = verifyOnce(token, keys, nowMs);
        cache.set(digest, verified);
        return verified;
      }
      if (cached.expiresMs + accessToken.toleranceMs > nowMs) return cached;
      cache.delete(digest);
      throw new TokenError("expired", "the token has expired");
    },
  };
}

function verifyOnce(token: string, keys: Keyring, nowMs: number): VerifiedToken {
  if (!SHAPE.test(token)) throw unreadable();
  const header = decode(() => decodeProtectedHeader(token));
  if (typeof header.alg !== "string") throw unreadable();
  if (header.alg !== accessToken.algorithm) throw unsigned();
  // No extension is known here, so none may be critical (RFC 7515, 4.1.11).
  if (header.crit !== undefined) throw unreadable();
  // The header's jku, jwk and x5u are never looked at: only keys fetched from auth count.
  const key = keys.find(header.kid);
  const end = token.lastIndexOf(".");
  const input = Buffer.from(token.slice(0, end), "latin1");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  if (!verifySignature("RSA-SHA256", input, key, signature)) throw unsigned();
  if (header.typ !== accessToken.type) throw badClaim("typ");
  return readClaims(
    decode(() => decodeJwt(token)),
    nowMs,
  );
}

function readClaims(payload: JWTPayload, nowMs: number): VerifiedToken {
  const { iss, aud, sub, device, iat, nbf, exp } = payload;
  const latestMs = nowMs + accessToken.toleranceMs;
  if (iss !== accessToken.issuer) throw badClaim("iss");
  if (aud !== accessToken.audience) throw badClaim("aud");
  if (typeof sub !== "string" || !isUserId(sub)) throw badClaim("sub");
  if (typeof device !== "string" || !isDeviceId(device)) throw badClaim("device");
  if (!isTime(iat) || iat * 1000 > latestMs) throw badClaim("iat");
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > latestMs)) throw badClaim("nbf");
  if (!isTime(exp)) throw badClaim("exp");
  if (exp * 1000 + accessToken.toleranceMs <= nowMs) {
    throw new TokenError("expired", "the token has expired");
  }
  return Object.freeze({ user: sub, device, expiresMs: exp * 1000 });
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value * 1000);
}

function decode<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw unreadable();
  }
}

function badClaim(claim: string): TokenError {
  return new TokenError("claims", `the claim "${claim}" is not acceptable`);
}

function unsigned(): TokenError {
  return new TokenError("signature", "the token is not signed with a published key");
}

function unreadable(): TokenError {
  return new TokenError("malformed", "the token cannot be read");
}

interface Keyring {
  readonly known: boolean;
  find(kid: string | undefined): KeyObject;
  refreshOld(): void;
}

/** The keys that may verify tokens, by id. Throws when there is none. */
function readKeys(json: string): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const key of (JSON.parse(json) as JSONWebKeySet).keys) {
    // What the key is for is decided here, not by the token (RFC 8725, 3.1).
    if (key.alg !== accessToken.algorithm || key.kty !== "RSA") continue;
    keys.set(String(key.kid), createPublicKey({ key: { ...key }, format: "jwk" }));
  }
  if (keys.size === 0) throw new Error("auth has no key of the algorithm in use");
  return keys;
}

function createKeyring({ keys, clock }: VerifierDeps, onChange: () => void): Keyring {
  let json = "";
  let known: ReadonlyMap<string, KeyObject> | undefined;
  let fetchedMs = Number.NEGATIVE_INFINITY;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let fetching = false;

  function install(next: string): void {
    if (next === json) return;
    known = readKeys(next);
    json = next;
    onChange();
  }

  async function fetchKeys(): Promise<void> {
    fetching = true;
    try {
      install(await keys());
      fetchedMs = clock.nowMs();
      notBeforeMs = fetchedMs + REFETCH_MS;
    } catch {
      // The cause is the transport's to log; here it only matters that nothing new is known.
      notBeforeMs = clock.nowMs() + RETRY_MS;
    } finally {
      fetching = false;
    }
  }

  /** Starts a fetch unless one is under way or was a moment ago. True when the keys may be other ones soon. */
  function refetch(): boolean {
    if (!fetching && clock.nowMs() >= notBeforeMs) void fetchKeys();
    return fetching;
  }

  refetch();
  return {
    get known() {
      return known !== undefined;
    },
    find(kid) {
      if (typeof kid !== "string") throw new TokenError("malformed", "the token names no key");
      const key = known?.get(kid);
      if (key !== undefined) return key;
      if (refetch() || known === undefined) {
        throw new TokenError("unavailable", "the keys that verify tokens are being fetched");
      }
      throw unsigned();
    },
    refreshOld() {
      if (clock.nowMs() >= fetchedMs + KEYS_AGE_MAX_MS) refetch();
    },
  };
}
