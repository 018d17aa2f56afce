import type { ListDevicesRequest, ListDevicesResponse } from "../../gen/chat/auth/v1/auth.js";
import { userId } from "../fields.js";
import type { AuthDeps } from "../service.js";

export function listDevices({ store }: Pick<AuthDeps, "store">) {
  return async (request: ListDevicesRequest): Promise<ListDevicesResponse> => {
    const devices = await store.listDevices(userId(request.user, "user"));
    devices.sort((a, b) => a.createdMs - b.createdMs);
    return {
      devices: devices.map(({ device, name, createdMs, refreshedMs }) => ({
        device,
        deviceName: name,
        createdUnixMs: createdMs,
        refreshedUnixMs: refreshedMs,
      })),
    };
  };
}
