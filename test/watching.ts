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
