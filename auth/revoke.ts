import type { Clock } from "../lib/clock.js";
import type { AuthEvents } from "./events.js";
import type { RevocationFeed } from "./revocations.js";
import type { AuthStore, Device } from "./store.js";

export interface RevokeDeps {
  readonly store: Pick<AuthStore, "removeDevice">;
  readonly feed: Pick<RevocationFeed, "publish">;
  readonly events: Pick<AuthEvents, "revoked">;
  readonly clock: Clock;
}

/** Revokes a device that was found to be this user's; one that is gone already is left alone. */
export async function revoke(
  deps: RevokeDeps,
  { user, device }: Pick<Device, "user" | "device">,
  cause: Parameters<AuthEvents["revoked"]>[2],
): Promise<void> {
  const revocation = { user, device, atMs: deps.clock.wallMs() };
  let removed: boolean;
  try {
    removed = await deps.store.removeDevice(revocation);
  } catch (error) {
    // It may or may not be durable. Telling of it is the safe side: if it is, nobody else would; and if it is not, the
    // caller hears of the failure and asks again.
    deps.feed.publish(revocation);
    throw error;
  }
  if (!removed) return;
  deps.feed.publish(revocation);
  deps.events.revoked(user, device, cause);
}
