import type { AuthService } from "../gen/chat/auth/v1/auth.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import { createGuard } from "../lib/rpc/guard.js";
import type { Handlers } from "../lib/rpc/network.js";
import type { AuthEvents } from "./events.js";
import { getKeys } from "./handlers/get-keys.js";
import { getUsers } from "./handlers/get-users.js";
import { listDevices } from "./handlers/list-devices.js";
import { logIn } from "./handlers/login.js";
import { lookUpUser } from "./handlers/look-up-user.js";
import { refresh } from "./handlers/refresh.js";
import { register } from "./handlers/register.js";
import { revokeDevice } from "./handlers/revoke-device.js";
import { watchRevocations } from "./handlers/watch-revocations.js";
import type { Passwords } from "./passwords.js";
import type { RateLimits } from "./rate-limits.js";
import type { RevocationFeed } from "./revocations.js";
import type { AuthStore } from "./store.js";
import type { TokenIssuer } from "./tokens.js";

/** All that the handlers stand on; each takes what it needs of it. */
export interface AuthDeps {
  readonly store: AuthStore;
  readonly passwords: Passwords;
  readonly tokens: TokenIssuer;
  readonly feed: RevocationFeed;
  readonly limits: RateLimits;
  readonly events: AuthEvents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly devicesMax: number;
  /** JWK set as JSON. */
  readonly jwks: string;
}

/** The RPCs. Opens nothing; whatever happens below, they fail with RpcError only. */
export function createAuthHandlers(deps: AuthDeps): Handlers<typeof AuthService> {
  const guard = createGuard({ ...deps, keeps: "accounts" });
  return {
    register: guard.unary("Register", register(deps)),
    login: guard.unary("Login", logIn(deps)),
    refresh: guard.unary("Refresh", refresh(deps)),
    listDevices: guard.unary("ListDevices", listDevices(deps)),
    revokeDevice: guard.unary("RevokeDevice", revokeDevice(deps)),
    lookUpUser: guard.unary("LookUpUser", lookUpUser(deps)),
    getUsers: guard.unary("GetUsers", getUsers(deps)),
    getKeys: guard.unary("GetKeys", getKeys(deps)),
    watchRevocations: guard.stream("WatchRevocations", watchRevocations(deps)),
  };
}
