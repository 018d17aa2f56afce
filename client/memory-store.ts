import {
  type ClientStore,
  type ConversationRecord,
  newConversation,
  type OutboxItem,
  type StoredMessage,
  type StoredState,
  type StoreWrite,
} from "./store.js";

interface Shelf {
  record: ConversationRecord | undefined;
  outbox: Map<number, OutboxItem>;
  messages: Map<number, StoredMessage>;
}

/** A store that lasts as long as the object: for tests, and for devices that may forget. */
export class MemoryStore implements ClientStore {
  private account: StoredState["account"];
  private device = { connect: 0, based: false };
  private readonly shelves = new Map<string, Shelf>();
  private readonly names = new Map<string, string>();

  async load(): Promise<StoredState> {
    const shelves = [...this.shelves.entries()];
    const outbox = shelves.flatMap(([, shelf]) =>
      [...shelf.outbox.values()].sort((a, b) => a.order - b.order),
    );
    const conversations = shelves.map(([id, shelf]) => shelf.record ?? newConversation(id));
    const { account, device, names } = this;
    return structuredClone({ account, device, conversations, outbox, names });
  }

  async write(batch: readonly StoreWrite[]): Promise<void> {
    for (const write of batch) this.apply(copyOf(write));
  }

  async messages(conversation: string, before: number, limit: number): Promise<StoredMessage[]> {
    const all = [...(this.shelves.get(conversation)?.messages.values() ?? [])];
    const older = all.filter((message) => before === 0 || message.seq < before);
    return older.sort((a, b) => a.seq - b.seq).slice(-limit);
  }

  async close(): Promise<void> {}

  private apply(write: StoreWrite): void {
    switch (write.kind) {
      case "account":
        this.account = write.account;
        return;
      case "connect":
        this.device.connect = write.connect;
        return;
      case "based":
        this.device.based = true;
        return;
      case "conversation":
        this.shelf(write.record.conversation).record = write.record;
        return;
      case "outbox-put":
        this.shelf(write.item.conversation).outbox.set(write.item.order, write.item);
        return;
      case "outbox-remove":
        this.shelf(write.conversation).outbox.delete(write.order);
        return;
      case "message":
        this.shelf(write.message.conversation).messages.set(write.message.seq, write.message);
        return;
      case "name":
        this.names.set(write.user, write.name);
        return;
      case "clear":
        this.account = undefined;
        this.device = { connect: 0, based: false };
        this.shelves.clear();
        this.names.clear();
    }
  }

  private shelf(conversation: string): Shelf {
    let shelf = this.shelves.get(conversation);
    if (shelf === undefined) {
      shelf = { record: undefined, outbox: new Map(), messages: new Map() };
      this.shelves.set(conversation, shelf);
    }
    return shelf;
  }
}

/** What is written is what it was at the call, whatever the caller does to it later; all values are flat but one. */
export function copyOf(write: StoreWrite): StoreWrite {
  switch (write.kind) {
    case "account":
      return { ...write, account: { ...write.account } };
    case "conversation": {
      const { record } = write;
      return { ...write, record: { ...record, ahead: record.ahead.map((own) => ({ ...own })) } };
    }
    case "outbox-put":
      return { ...write, item: { ...write.item } };
    case "message":
      return { ...write, message: { ...write.message } };
    default:
      return { ...write };
  }
}
