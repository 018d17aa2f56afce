import type { RegisterRequest, RegisterResponse } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import { newId } from "../../lib/ids.js";
import type { CallContext } from "../../lib/rpc/network.js";
import { deviceName, newAccountName, newPassword } from "../fields.js";
import { addressKey } from "../rate-limits.js";
import type { AuthDeps } from "../service.js";

type Deps = Pick<AuthDeps, "store" | "passwords" | "tokens" | "limits" | "events" | "clock">;

export function register(deps: Deps) {
  const { store, passwords, tokens, limits, events, clock } = deps;
  return async (request: RegisterRequest, { signal }: CallContext): Promise<RegisterResponse> => {
    const name = newAccountName(request.name);
    const password = newPassword(request.password);
    const label = deviceName(request.deviceName);
    await limits.registerPerAddress.take(addressKey(request.address));

    // Spares the hash; the store has the last word below.
    if ((await store.findAccount({ name })) !== undefined) throw taken();
    const passwordHash = await passwords.hash(password, signal);

    const nowMs = clock.wallMs();
    const account = { user: newId("us"), name, passwordHash, createdMs: nowMs };
    const { device, refreshToken } = tokens.newDevice(account.user, label, nowMs);
    if ((await store.createAccount(account, device)) === "taken") throw taken();
    events.registered(account.user, device.device);
    return { tokens: await tokens.pair(device, refreshToken, nowMs) };
  };
}

function taken(): RpcError {
  return new RpcError(ErrorReason.ALREADY_EXISTS, "this name is taken");
}
