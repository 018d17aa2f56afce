import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  ReplayDeadLetterRequest,
  ReplayDeadLetterResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import type { Conversations } from "../conversations.js";
import type { Replays } from "../replays.js";
import { findConversation } from "./find-conversation.js";

/** Delivers one parked entry to its device again. */
export function replayDeadLetter(conversations: Conversations, replays: Replays) {
  return async (request: ReplayDeadLetterRequest): Promise<ReplayDeadLetterResponse> => {
    const { conversation: id, device, seq } = request;
    const conversation = await findConversation(conversations, id);
    const parked = conversation.parked?.get(device, seq);
    if (!parked?.durable) {
      const why = "That entry is not parked for that device.";
      throw new RpcError(ErrorReason.NOT_FOUND, why);
    }
    if (replays.full) throw new RpcError(ErrorReason.BUSY, "Too many replays; try again.", 1_000);
    return { outcome: await replays.start(conversation, parked) };
  };
}
