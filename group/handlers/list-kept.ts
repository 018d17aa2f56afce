import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { ListKeptRequest, ListKeptResponse } from "../../gen/chat/group/v1/lists.js";
import { RpcError } from "../../lib/errors.js";
import { groupId, userId } from "../fields.js";
import type { GroupDeps } from "../service.js";

/** A page of a client, and one more that says whether there is another. */
const LIMIT_MAX = 501;

export function listKept({ lists, name }: Pick<GroupDeps, "lists" | "name">) {
  return async (request: ListKeptRequest): Promise<ListKeptResponse> => {
    requireName(name, request.instance);
    const user = userId(request.user, "user");
    const after = request.after === "" ? "" : groupId(request.after);
    const { limit } = request;
    if (limit < 1 || limit > LIMIT_MAX) {
      throw new RpcError(ErrorReason.INVALID, "limit must be 1 to 501");
    }
    return { groups: await lists.kept({ user, after, limit }) };
  };
}

/** Whoever asks has found this instance by its name: under another one it would be the wrong one. */
export function requireName(own: string, asked: string): void {
  if (own === asked) return;
  const text = `this instance is ${own}, not ${asked}: CHAT_GROUP_INSTANCES differ`;
  throw new RpcError(ErrorReason.INTERNAL, text);
}
