import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { GetCursorsRequest, GetCursorsResponse } from "../../gen/chat/receipts/v1/receipts.js";
import { RpcError } from "../../lib/errors.js";
import type { Events } from "../events.js";
import { readCursors } from "../history.js";
import type { MembersOf } from "../members.js";
import { segmentOf } from "../segment.js";
import { NEWEST_SEGMENT, type ReceiptsStore } from "../store.js";

export interface GetCursorsDeps {
  readonly store: ReceiptsStore;
  readonly events: Events;
  readonly membersOf: MembersOf;
}

/** Reads the store and not the memory: what it says is durable. */
export function getCursors(deps: GetCursorsDeps) {
  const { store, events, membersOf } = deps;
  return async ({ conversation, head }: GetCursorsRequest): Promise<GetCursorsResponse> => {
    if (!membersOf(conversation)) {
      throw new RpcError(ErrorReason.INVALID, "This is not the id of a conversation.");
    }
    const segment = head === 0 ? NEWEST_SEGMENT : segmentOf(head);
    const cursors = await readCursors(store, conversation, segment).catch((error: unknown) => {
      events.readFailed(error, 0);
      throw new RpcError(ErrorReason.BUSY, "The store cannot be read now: repeat later.");
    });
    const users = [...cursors.values()].map(({ user, delivered, read }) => {
      return { user, delivered, read };
    });
    return { users };
  };
}
