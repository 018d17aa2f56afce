import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import type { Conversation } from "../conversation.js";
import type { Conversations } from "../conversations.js";

/** The conversation. Throws NOT_FOUND or BUSY. */
export async function findConversation(
  conversations: Conversations,
  id: string,
): Promise<Conversation> {
  const found = await conversations.find(id);
  if (found !== undefined) return found;
  throw new RpcError(ErrorReason.NOT_FOUND, "There is no such conversation.");
}
