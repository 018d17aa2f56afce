import { SessionsService } from "../gen/chat/session/v1/session.js";
import { systemClock } from "../lib/clock.js";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { RpcClient } from "../lib/rpc/network.js";
import type { Mesh } from "./mesh.js";

/** Calls the session of a mesh of processes as another service of it would. */
export async function askSession<T>(
  mesh: Mesh,
  ask: (session: RpcClient<typeof SessionsService>) => Promise<T>,
): Promise<T> {
  const boot = newId("bt");
  const network = createNetwork({ instance: "test", boot, clock: systemClock, log: silentLogger });
  const session = network.client(mesh.address("session"), SessionsService, {});
  try {
    return await ask(session);
  } finally {
    session.close();
  }
}
