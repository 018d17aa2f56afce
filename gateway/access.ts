import { TokenError, type TokenVerifier, type VerifiedToken } from "../lib/token.js";
import { busy, type Refusal, unauthenticated } from "./refusal.js";
import type { Revocations } from "./revocations.js";

const RETRY_MS = 2000;

/** Checks access tokens: signature, time, revocation. */
export class Access {
  readonly #verifier: TokenVerifier;
  readonly #revocations: Pick<Revocations, "has">;

  constructor(deps: { verifier: TokenVerifier; revocations: Pick<Revocations, "has"> }) {
    this.#verifier = deps.verifier;
    this.#revocations = deps.revocations;
  }

  /** Never throws. */
  check(token: string): VerifiedToken | Refusal {
    let verified: VerifiedToken;
    try {
      verified = this.#verifier.verify(token);
    } catch (error) {
      if (error instanceof TokenError && error.failure !== "unavailable") {
        return unauthenticated(error.message);
      }
      return busy("tokens cannot be verified now", RETRY_MS);
    }
    if (this.#revocations.has(verified.device)) return unauthenticated("the device was revoked");
    return verified;
  }
}
