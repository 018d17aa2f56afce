import type { LoginRequest, LoginResponse } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import type { CallContext } from "../../lib/rpc/network.js";
import { accountName, deviceName, givenPassword } from "../fields.js";
import { addressKey } from "../rate-limits.js";
import { revoke } from "../revoke.js";
import type { AuthDeps } from "../service.js";

type Deps = Pick<
  AuthDeps,
  "store" | "passwords" | "tokens" | "feed" | "limits" | "events" | "clock" | "devicesMax"
>;

/** An unknown name takes the same way as a wrong password: the same limits, reads, one hash, the same answer. */
export function logIn(deps: Deps) {
  const { store, passwords, tokens, limits, events, clock } = deps;
  return async (request: LoginRequest, { signal }: CallContext): Promise<LoginResponse> => {
    const password = givenPassword(request.password);
    const label = deviceName(request.deviceName);
    await limits.loginPerAddress.take(addressKey(request.address));
    const name = accountName(request.name);
    if (name !== undefined) await limits.loginPerName.take(name);

    const account = name === undefined ? undefined : await store.findAccount({ name });
    const matches = await passwords
      .matches(account?.passwordHash, password, signal)
      .catch(async (error: unknown) => {
        // BUSY: nobody learned anything, and an overload must not lock people out for longer.
        if (name !== undefined) await limits.loginPerName.giveBack(name);
        throw error;
      });
    if (account === undefined || !matches) {
      throw new RpcError(ErrorReason.UNAUTHENTICATED, "the name or the password is wrong");
    }
    // Only failures count against a name, so that nobody locks himself out by many devices.
    await limits.loginPerName.giveBack(account.name);

    await makeRoom(deps, account.user);
    const nowMs = clock.wallMs();
    const { device, refreshToken } = tokens.newDevice(account.user, label, nowMs);
    await store.addDevice(device);
    events.loggedIn(device.user, device.device);
    return { tokens: await tokens.pair(device, refreshToken, nowMs) };
  };
}

/** Revokes those unused for longest. Several log-ins at a time may end a few above the limit; the next one corrects it. */
async function makeRoom(deps: Deps, user: string): Promise<void> {
  const devices = await deps.store.listDevices(user);
  const surplus = devices.length - deps.devicesMax + 1;
  if (surplus <= 0) return;
  const oldest = devices.sort((a, b) => a.refreshedMs - b.refreshedMs).slice(0, surplus);
  for (const device of oldest) await revoke(deps, device, "too many devices");
}
