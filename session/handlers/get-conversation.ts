import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  GetConversationRequest,
  GetConversationResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import type { Conversation } from "../conversation.js";
import type { Conversations } from "../conversations.js";

/** What the owner holds of one conversation, for people with a tool in hand. */
export function getConversation(conversations: Conversations) {
  return async ({ conversation }: GetConversationRequest): Promise<GetConversationResponse> => {
    const found = await find(conversations, conversation);
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

function find(conversations: Conversations, id: string): Promise<Conversation> {
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
