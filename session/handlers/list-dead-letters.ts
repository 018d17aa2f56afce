import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  ListDeadLettersRequest,
  ListDeadLettersResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import { limits } from "../../lib/limits.js";
import type { DeadLetter, DeadLetterKey, SessionStore } from "../store.js";

/** The entries that are parked for devices, page by page. */
export function listDeadLetters(store: Pick<SessionStore, "listDeadLetters">) {
  return async (request: ListDeadLettersRequest): Promise<ListDeadLettersResponse> => {
    const limit = request.limit || limits.deadLettersPageDefault;
    if (limit > limits.deadLettersPageMax) {
      const why = `limit is above ${limits.deadLettersPageMax}.`;
      throw new RpcError(ErrorReason.INVALID, why);
    }
    const conversation = request.conversation || undefined;
    const after = readAfter(request.after);
    const found = await store.listDeadLetters({ conversation, after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const more = found.length > limit;
    return { deadLetters: page.map(shown), after: more ? afterOf(page.at(-1)) : "" };
  };
}

function shown({ unseen: _, ...letter }: DeadLetter) {
  return letter;
}

function afterOf(last: DeadLetterKey | undefined): string {
  return last === undefined ? "" : `${last.conversation}/${last.seq}/${last.device}`;
}

const AFTER = /^([0-9a-z_]{1,64})\/(\d{1,15})\/([0-9a-z_]{1,64})$/;

function readAfter(text: string): DeadLetterKey | undefined {
  if (text === "") return undefined;
  const [, conversation = "", seq, device = ""] = AFTER.exec(text) ?? [];
  if (seq === undefined) {
    throw new RpcError(ErrorReason.INVALID, "after is not one that an earlier page gave.");
  }
  return { conversation, seq: Number(seq), device };
}
