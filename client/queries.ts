import type { ConversationSummary } from "../gen/chat/client/v1/history.js";
import type { MemberReceipt } from "../gen/chat/client/v1/receipts.js";
import { ChatError } from "./errors.js";
import type { Questions } from "./questions.js";
import type { StoredMessage } from "./store.js";

/** A page of history, and where the page before it starts (0: there is none). */
export interface HistoryPage {
  entries: StoredMessage[];
  before: number;
}

export async function fetchHistory(
  questions: Questions,
  conversation: string,
  before: number,
  limit: number,
): Promise<HistoryPage> {
  const value = { request: 0, conversation, before, limit };
  const answer = await questions.ask({ $case: "fetchHistory", value });
  if (answer.$case !== "history") throw mismatch();
  const entries = answer.value.entries.map(({ content, change, ...entry }) => ({
    conversation,
    ...entry,
    text: content?.kind?.value.text,
    ...(change && { change }),
  }));
  return { entries, before: answer.value.before };
}

export async function getMessageInfo(
  questions: Questions,
  conversation: string,
  seq: number,
): Promise<MemberReceipt[]> {
  const value = { request: 0, conversation, seq };
  const answer = await questions.ask({ $case: "getMessageInfo", value });
  if (answer.$case !== "messageInfo") throw mismatch();
  return answer.value.members;
}

/** All pages. */
export async function listConversations(questions: Questions): Promise<ConversationSummary[]> {
  const all: ConversationSummary[] = [];
  let after = "";
  do {
    const value = { request: 0, after, limit: 500 };
    const answer = await questions.ask({ $case: "listConversations", value });
    if (answer.$case !== "conversations") throw mismatch();
    all.push(...answer.value.conversations);
    // A page that does not move on would never end.
    after = answer.value.after > after ? answer.value.after : "";
  } while (after !== "");
  return all;
}

function mismatch(): ChatError {
  return new ChatError("INTERNAL", "The server answered another question.");
}
