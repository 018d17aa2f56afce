import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { SetBlockRequest, SetBlockResponse } from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import { directMembers, isDirectId } from "../../lib/ids.js";
import type { Blocks } from "../blocks.js";

/** Puts a block in force, or its end. */
export function setBlock(blocks: Pick<Blocks, "set">) {
  return async (request: SetBlockRequest): Promise<SetBlockResponse> => {
    const { conversation, user, version } = request;
    const good =
      isDirectId(conversation) && directMembers(conversation).includes(user) && version > 0;
    if (!good) throw new RpcError(ErrorReason.INVALID, "a field of the block breaks its rule");
    return blocks.set(request);
  };
}
