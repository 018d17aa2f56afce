import { SignJWT } from "jose";
import type { Tokens } from "../gen/chat/auth/v1/auth.js";
import { newId } from "../lib/ids.js";
import { accessToken } from "../lib/token.js";
import { startFamily } from "./refresh-family.js";
import type { SigningKeys } from "./signing-keys.js";
import type { Device } from "./store.js";

export interface TokenIssuer {
  /** A new device of a user, not stored yet, and its first refresh token. */
  newDevice(user: string, name: string, nowMs: number): { device: Device; refreshToken: string };
  /** The pair of tokens that is given to a device: a fresh access token beside the refresh token. */
  pair(device: Device, refreshToken: string, nowMs: number): Promise<Tokens>;
  /** When a refresh token given out now expires. */
  refreshExpiresMs(nowMs: number): number;
}

export interface IssuerDeps {
  readonly keys: SigningKeys;
  readonly accessLifeMs: number;
  readonly refreshLifeMs: number;
}

export function createTokenIssuer({ keys, accessLifeMs, refreshLifeMs }: IssuerDeps): TokenIssuer {
  return {
    newDevice(user, name, nowMs) {
      const { family, token } = startFamily(nowMs + refreshLifeMs);
      const device: Device = {
        user,
        device: newId("dv"),
        name,
        createdMs: nowMs,
        refreshedMs: nowMs,
        refresh: family,
      };
      return { device, refreshToken: token };
    },

    async pair(device, refreshToken, nowMs) {
      // Whole seconds, as the claims have them: what is answered must be what the token says.
      const issued = Math.floor(nowMs / 1000);
      const expires = issued + Math.floor(accessLifeMs / 1000);
      const signed = await new SignJWT({ device: device.device })
        .setProtectedHeader({
          alg: accessToken.algorithm,
          typ: accessToken.type,
          kid: keys.kid,
        })
        .setIssuer(accessToken.issuer)
        .setAudience(accessToken.audience)
        .setSubject(device.user)
        .setIssuedAt(issued)
        .setExpirationTime(expires)
        .sign(keys.privateKey);
      return {
        user: device.user,
        device: device.device,
        accessToken: signed,
        accessExpiresUnixMs: expires * 1000,
        refreshToken,
        refreshExpiresUnixMs: device.refresh.expiresMs,
      };
    },

    refreshExpiresMs: (nowMs) => nowMs + refreshLifeMs,
  };
}
