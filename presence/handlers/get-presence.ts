import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  GetPresenceRequest,
  GetPresenceResponse,
} from "../../gen/chat/presence/v1/presence.js";
import type { Clock } from "../../lib/clock.js";
import { RpcError } from "../../lib/errors.js";
import { isUserId } from "../../lib/ids.js";
import type { Presence } from "../presence.js";
import type { PresenceStore } from "../store.js";
import { NONE } from "../users.js";

export interface GetPresenceDeps {
  readonly presence: Presence;
  readonly store: PresenceStore;
  readonly clock: Clock;
}

/** What is known of a user, in memory and in the store. */
export function getPresence({ presence, store, clock }: GetPresenceDeps) {
  return async ({ user }: GetPresenceRequest): Promise<GetPresenceResponse> => {
    if (!isUserId(user)) throw new RpcError(ErrorReason.INVALID, "user is not the id of a user.");
    const stored = await store.lastSeen(user);
    const record = presence.users.find(user);
    if (record === NONE) {
      return { online: false, lastSeenUnixMs: stored * 1000, devices: 0, watchers: 0 };
    }
    presence.now();
    return {
      online: presence.isOnline(record),
      lastSeenUnixMs: stored * 1000,
      devices: presence.leases.count(record, clock.nowMs()),
      watchers: presence.watches.countOf(record),
    };
  };
}
