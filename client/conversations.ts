import { Conversation } from "./conversation.js";
import type { Reader } from "./intake.js";
import { newConversation, type OutboxItem, type StoredState } from "./store.js";

/** The stored conversations by id, each with what waits in its outbox. */
export function conversationsOf(
  state: Pick<StoredState, "conversations" | "outbox">,
  reader: Reader,
): Map<string, Conversation> {
  const outboxes = new Map<string, OutboxItem[]>();
  for (const item of state.outbox) {
    const items = outboxes.get(item.conversation) ?? [];
    outboxes.set(item.conversation, items);
    items.push(item);
  }
  const records = new Map(state.conversations.map((record) => [record.conversation, record]));
  for (const id of outboxes.keys()) {
    if (!records.has(id)) records.set(id, newConversation(id));
  }
  return new Map(
    [...records].map(([id, record]) => [
      id,
      new Conversation(record, outboxes.get(id) ?? [], reader),
    ]),
  );
}
