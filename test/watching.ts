import { ActivitiesService } from "../gen/chat/presence/v1/presence.js";
import { systemClock } from "../lib/clock.js";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { RpcClient } from "../lib/rpc/network.js";
import type { Mesh } from "./mesh.js";
import { attach, register } from "./people.js";
import type { RawClient } from "./protocol.js";
import { until } from "./until.js";

let requests = 0;

/** What `viewer` may know of a user now. */
export async function lookAt(viewer: RawClient, user: string) {
  let found: Awaited<ReturnType<typeof asked>>;
  await until("presence to answer", async () => {
    found = await asked(viewer, user);
    return found !== undefined;
  });
  return found as NonNullable<typeof found>;
}

/**
 * Waits until what users do comes to presence: a mesh is ready before that, and what is said meanwhile is lost, as it may be.
 */
export async function presenceServes(mesh: Mesh): Promise<void> {
  const someone = await register(mesh, "someone");
  const client = await attach(mesh, someone);
  const viewer = await attach(mesh, await register(mesh, "viewer"));
  await until("presence to serve", async () => {
    client.send("foreground", { automatic: false });
    return (await asked(viewer, someone.user))?.online === true;
  });
}

/** Undefined when presence cannot say. */
async function asked(viewer: RawClient, user: string) {
  const request = ++requests;
  viewer.send("watch", { request, user });
  const frame = await viewer.firstOf(5_000, ({ $case, value }) => {
    return ($case === "presence" || $case === "failed") && value.request === request;
  });
  return frame?.$case === "presence" ? frame.value : undefined;
}

/** Calls presence as an operator's tool would. */
async function askPresence<T>(
  mesh: Mesh,
  ask: (admin: RpcClient<typeof ActivitiesService>) => Promise<T>,
): Promise<T> {
  const self = { instance: "test", boot: newId("bt"), clock: systemClock, log: silentLogger };
  const deadlineMs = 10_000;
  const admin = createNetwork(self).client(mesh.presenceAdmin, ActivitiesService, { deadlineMs });
  try {
    return await ask(admin);
  } finally {
    admin.close();
  }
}

/** Waits until something the user did is in the store, where no crash takes it away; gives when he did it. */
export async function storedActivity(mesh: Mesh, user: string): Promise<readonly number[]> {
  const span = { fromUnixMs: 0, toUnixMs: 0, limit: 0 };
  let stored: readonly number[] = [];
  await until("activity to be stored", async () => {
    stored = (await askPresence(mesh, (admin) => admin.listActivity({ user, ...span }))).atUnixMs;
    return stored.length > 0;
  });
  return stored;
}
