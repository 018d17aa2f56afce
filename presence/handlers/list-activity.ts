import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  ListActivityRequest,
  ListActivityResponse,
} from "../../gen/chat/presence/v1/presence.js";
import type { Clock } from "../../lib/clock.js";
import { RpcError } from "../../lib/errors.js";
import { isUserId } from "../../lib/ids.js";
import { limits } from "../../lib/limits.js";
import type { PresenceStore } from "../store.js";

export interface ListActivityDeps {
  readonly store: PresenceStore;
  readonly clock: Clock;
}

/** The seconds in which a user did something, page by page; those of the present second may be missing. */
export function listActivity({ store, clock }: ListActivityDeps) {
  return async (request: ListActivityRequest): Promise<ListActivityResponse> => {
    const { user, fromUnixMs, toUnixMs } = request;
    const limit = request.limit || limits.activityPageDefault;
    if (!isUserId(user)) throw new RpcError(ErrorReason.INVALID, "user is not the id of a user.");
    if (limit > limits.activityPageMax) {
      throw new RpcError(ErrorReason.INVALID, `limit is above ${limits.activityPageMax}.`);
    }
    const from = Math.ceil(Math.max(0, fromUnixMs) / 1000);
    const to = Math.ceil((toUnixMs > 0 ? toUnixMs : clock.wallMs() + 1000) / 1000);
    const found = to > from ? await store.list(user, { from, to, limit: limit + 1 }) : [];
    const next = found.length > limit ? (found.pop() as number) : 0;
    return { atUnixMs: found.map((second) => second * 1000), nextUnixMs: next * 1000 };
  };
}
