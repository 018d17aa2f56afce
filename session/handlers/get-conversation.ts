import type {
  GetConversationRequest,
  GetConversationResponse,
} from "../../gen/chat/session/v1/session.js";
import type { Conversations } from "../conversations.js";
import { findConversation } from "./find-conversation.js";

/** What the owner holds of one conversation, for people with a tool in hand. */
export function getConversation(conversations: Conversations) {
  return async ({ conversation }: GetConversationRequest): Promise<GetConversationResponse> => {
    const found = await findConversation(conversations, conversation);
    return {
      conversation,
      shard: found.shard,
      head: found.head,
      open: found.open,
      members: found.members.map(({ user }) => user),
      devices: [...found.feeds.values()].map(({ device, acked, sent }) => {
        return { user: device.user.id, device: device.id, acked, pushed: sent };
      }),
    };
  };
}
