import { Send } from "../../gen/chat/client/v1/messages.js";
import { CHAT, type ClientKind, MESSAGE_ID } from "./test-bench.js";

export const textOf = (text: string) => ({ kind: { $case: "text" as const, value: { text } } });
export const sendOf = (fields: Partial<Send> = {}): ClientKind => ({
  $case: "send",
  value: Send.fromPartial({
    conversation: CHAT,
    clientMessageId: MESSAGE_ID,
    number: 1,
    content: textOf("hello"),
    ...fields,
  }),
});

export function history(fields: { conversation?: string; limit?: number }): ClientKind {
  return {
    $case: "fetchHistory",
    value: { request: 77, conversation: CHAT, before: 0, limit: 0, ...fields },
  };
}

export function list(fields: { after?: string; limit?: number }): ClientKind {
  return { $case: "listConversations", value: { request: 77, after: "", limit: 0, ...fields } };
}

export function info(fields: { conversation?: string; seq?: number }): ClientKind {
  return {
    $case: "getMessageInfo",
    value: { request: 77, conversation: CHAT, seq: 1, ...fields },
  };
}

export function lastNumber(conversation: string): ClientKind {
  return { $case: "getLastNumber", value: { request: 77, conversation } };
}
