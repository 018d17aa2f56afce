import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import type { Clock } from "./clock.js";
import { isDeviceId, isUserId } from "./ids.js";

/** What every access token says of itself. auth/ signs with these values, everyone else checks them. */
export const accessToken = {
  algorithm: "EdDSA",
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
  /** Rejects with TokenError and nothing else. Does not know of revocations. */
  verify(token: string): Promise<VerifiedToken>;
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

/** Verifies access tokens with the published keys, after RFC 8725. */
export function createVerifier(deps: VerifierDeps): TokenVerifier {
  const cache = new LRUCache<string, VerifiedToken>({ max: deps.cacheMax ?? 16_384 });
  const keys = createKeyring(deps, () => cache.clear());

  return {
    async verify(token) {
      if (typeof token !== "string" || token.length > accessToken.bytesMax) {
        throw new TokenError("malformed", "the token is too long");
      }
      const nowMs = deps.clock.wallMs();
      keys.refreshOld();
      const cached = cache.get(token);
      if (cached !== undefined) {
        if (cached.expiresMs + accessToken.toleranceMs > nowMs) return cached;
        cache.delete(token);
        throw new TokenError("expired", "the token has expired");
      }
      const generation = keys.generation();
      const verified = await verifyOnce(token, keys, nowMs);
      // Keys that came meanwhile may no longer hold the one this token was verified with.
      if (generation === keys.generation()) cache.set(token, verified);
      return verified;
    },
  };
}

async function verifyOnce(token: string, keys: Keyring, nowMs: number): Promise<VerifiedToken> {
  try {
    const { payload } = await jwtVerify(token, (header, input) => keys.find(header, input), {
      algorithms: [accessToken.algorithm],
      typ: accessToken.type,
      issuer: accessToken.issuer,
      audience: accessToken.audience,
      clockTolerance: accessToken.toleranceMs / 1000,
      currentDate: new Date(nowMs),
      requiredClaims: ["exp", "iat", "sub", "device"],
    });
    return readClaims(payload, nowMs);
  } catch (error) {
    throw toTokenError(error);
  }
}

function readClaims(payload: JWTPayload, nowMs: number): VerifiedToken {
  const { sub, device, iat, exp } = payload;
  if (typeof sub !== "string" || !isUserId(sub)) throw badClaim("sub");
  if (typeof device !== "string" || !isDeviceId(device)) throw badClaim("device");
  if (typeof iat !== "number" || iat * 1000 > nowMs + accessToken.toleranceMs)
    throw badClaim("iat");
  if (typeof exp !== "number" || !Number.isSafeInteger(exp * 1000)) throw badClaim("exp");
  return Object.freeze({ user: sub, device, expiresMs: exp * 1000 });
}

function badClaim(claim: string): TokenError {
  return new TokenError("claims", `the claim "${claim}" is not acceptable`);
}

function toTokenError(error: unknown): TokenError {
  if (error instanceof TokenError) return error;
  if (error instanceof errors.JWTExpired) return new TokenError("expired", "the token has expired");
  if (error instanceof errors.JWTClaimValidationFailed) return badClaim(error.claim);
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  ) {
    return new TokenError("signature", "the token is not signed with a published key");
  }
  return new TokenError("malformed", "the token cannot be read");
}

type FindKey = ReturnType<typeof createLocalJWKSet>;

interface Keyring {
  find(...args: Parameters<FindKey>): ReturnType<FindKey>;
  refreshOld(): void;
  generation(): number;
}

function createKeyring({ keys, clock }: VerifierDeps, onChange: () => void): Keyring {
  let json = "";
  let findLocal: FindKey | undefined;
  let kids: ReadonlySet<string> = new Set();
  let generation = 0;
  let fetchedMs = Number.NEGATIVE_INFINITY;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  function install(next: string): void {
    if (next === json) return;
    const set = JSON.parse(next) as JSONWebKeySet;
    findLocal = createLocalJWKSet(set);
    kids = new Set(set.keys.map((key) => String(key.kid)));
    json = next;
    generation++;
    onChange();
  }

  async function fetchKeys(): Promise<void> {
    try {
      install(await keys());
      fetchedMs = clock.nowMs();
      notBeforeMs = fetchedMs + REFETCH_MS;
    } catch {
      // The cause is the transport's to log; here it only matters that nothing is known.
      notBeforeMs = clock.nowMs() + RETRY_MS;
      throw new TokenError("unavailable", "the keys that verify tokens cannot be fetched now");
    } finally {
      fetching = undefined;
    }
  }

  /** Joins the fetch under way, starts one, or leaves things as they are when the last one was a moment ago. */
  async function refetch(): Promise<void> {
    if (fetching === undefined && clock.nowMs() >= notBeforeMs) fetching = fetchKeys();
    await fetching;
  }

  return {
    async find(header, input) {
      // The header's jku, jwk and x5u are never looked at: only keys fetched from auth count.
      const kid = header?.kid;
      if (typeof kid !== "string") throw new TokenError("malformed", "the token names no key");
      if (!kids.has(kid)) await refetch();
      if (findLocal === undefined) {
        throw new TokenError("unavailable", "the keys that verify tokens are not known yet");
      }
      return findLocal(header, input);
    },
    refreshOld() {
      if (findLocal === undefined || clock.nowMs() < fetchedMs + KEYS_AGE_MAX_MS) return;
      refetch().catch(() => undefined);
    },
    generation: () => generation,
  };
}
