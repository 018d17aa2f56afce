import { GroupAudience } from "../gen/chat/client/v1/groups.js";
import type { GroupState } from "../gen/chat/group/v1/state.js";

/** Who may send, in the terms of the owner of the conversation: everybody, or only those named. */
export function sendersOf({ settings, owner, admins }: GroupState) {
  const restricted = settings?.whoMaySend === GroupAudience.ADMINS;
  return {
    restricted,
    senders: restricted ? [owner, ...admins].filter((user) => user !== "") : [],
  };
}
