import type { RevokeDeviceRequest, RevokeDeviceResponse } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import { deviceId, userId } from "../fields.js";
import { revoke } from "../revoke.js";
import type { AuthDeps } from "../service.js";

type Deps = Pick<AuthDeps, "store" | "feed" | "events" | "clock">;

export function revokeDevice(deps: Deps) {
  return async (request: RevokeDeviceRequest): Promise<RevokeDeviceResponse> => {
    const user = userId(request.user, "user");
    const device = deviceId(request.device);
    const owned = (await deps.store.listDevices(user)).some((other) => other.device === device);
    if (owned) {
      await revoke(deps, { user, device }, "asked");
      return {};
    }
    // A repeat after a lost answer finds it done.
    if (deps.feed.has(user, device)) return {};
    throw new RpcError(ErrorReason.NOT_FOUND, "you have no such device");
  };
}
