import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import type { Conversation } from "../conversation.js";
import type { Conversations } from "../conversations.js";

/** The conversation, loaded when it was not in memory. Throws NOT_FOUND or BUSY. */
export function findConversation(conversations: Conversations, id: string): Promise<Conversation> {
  const loaded = conversations.loaded.get(id);
  if (loaded !== undefined) return Promise.resolve(loaded);
  return new Promise((resolve, reject) => {
    conversations.load(id, {
      creates: false,
      ready: resolve,
      absent: () => reject(new RpcError(ErrorReason.NOT_FOUND, "There is no such conversation.")),
      busy: () =>
        reject(new RpcError(ErrorReason.BUSY, "It cannot be loaded now; try again.", 1_000)),
    });
  });
}
