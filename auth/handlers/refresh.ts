import type { RefreshRequest, RefreshResponse } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import {
  familyHash,
  judge,
  type PresentedToken,
  parseToken,
  repeat,
  rotate,
} from "../refresh-family.js";
import { revoke } from "../revoke.js";
import type { AuthDeps } from "../service.js";
import type { Device } from "../store.js";

type Deps = Pick<AuthDeps, "store" | "tokens" | "feed" | "events" | "clock">;

/** A lost race is judged again by what the winner left; losing this often means something is wrong. */
const ATTEMPTS_MAX = 8;

/** The rule for a used token is in refresh-family.ts. */
export function refresh(deps: Deps) {
  return async (request: RefreshRequest): Promise<RefreshResponse> => {
    const token = parseToken(request.refreshToken);
    if (token === undefined) throw unknown();
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const answer = await tryOnce(deps, token);
      if (answer !== undefined) return answer;
    }
    throw new RpcError(ErrorReason.BUSY, "this token is being refreshed by others, try again");
  };
}

/** Undefined when another call changed the family between reading and writing. */
async function tryOnce(deps: Deps, token: PresentedToken): Promise<RefreshResponse | undefined> {
  const device = await deps.store.findDeviceByFamily(familyHash(token));
  if (device === undefined) throw unknown();
  const nowMs = deps.clock.wallMs();
  switch (judge(device.refresh, token, nowMs)) {
    case "expired":
      throw unknown();
    case "reused":
      deps.events.tokenReused(device.user, device.device);
      await revoke(deps, device, "reused");
      throw new RpcError(
        ErrorReason.TOKEN_REUSED,
        "this refresh token was used before: the device is revoked, log in again",
      );
    case "repeat":
      deps.events.refreshed(device.user, device.device, true);
      return answer(deps, device, repeat(device.refresh, token));
    case "newest":
      return moveOn(deps, device, token);
  }
}

async function moveOn(
  deps: Deps,
  device: Device,
  token: PresentedToken,
): Promise<RefreshResponse | undefined> {
  const nowMs = deps.clock.wallMs();
  const expiresMs = deps.tokens.refreshExpiresMs(nowMs);
  const next = rotate(device.refresh, token, { nowMs, expiresMs });
  const changed = { ...device, refreshedMs: nowMs, refresh: next.family };
  if (!(await deps.store.replaceRefresh(changed, device.refresh.newest))) return undefined;
  deps.events.refreshed(device.user, device.device, false);
  return answer(deps, changed, next.token);
}

async function answer(deps: Deps, device: Device, token: string): Promise<RefreshResponse> {
  return { tokens: await deps.tokens.pair(device, token, deps.clock.wallMs()) };
}

/** Unknown, expired and revoked look the same. */
function unknown(): RpcError {
  return new RpcError(ErrorReason.UNAUTHENTICATED, "this refresh token is not valid, log in again");
}
