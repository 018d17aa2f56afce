import type { GetUserRequest, GetUserResponse } from "../../gen/chat/session/v1/session.js";
import type { Home } from "../home.js";

/** Where a user is connected now, for people with a tool in hand. */
export function getUser(home: Home) {
  return async ({ user }: GetUserRequest): Promise<GetUserResponse> => {
    const devices = home.users.get(user)?.devices ?? [];
    return {
      devices: devices.flatMap(({ id, connection }) => {
        if (connection === undefined) return [];
        const { gateway, connect, stalled } = connection;
        const where = { gateway: gateway.id, connection: connection.id };
        return [{ device: id, ...where, connect, stalled }];
      }),
    };
  };
}
