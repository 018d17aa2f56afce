import { mkdir } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import { ChatError } from "./errors.js";
import {
  type Account,
  type ClientStore,
  type ConversationRecord,
  newConversation,
  type OutboxItem,
  type StoredMessage,
  type StoredState,
  type StoreWrite,
} from "./store.js";

type Operation = { type: "put"; key: string; value: unknown } | { type: "del"; key: string };

/**
 * The store of a Node client: one LevelDB directory, every write one synced batch. LevelDB's lock
 * keeps a second process out. Keys: `account`, `connect`, `based`, `c!<conversation>`,
 * `o!<conversation>!<order>`, `m!<conversation>!<seq>`, `n!<user>`; numbers padded so that the
 * order of the keys is theirs.
 */
export async function openLevelStore(directory: string): Promise<ClientStore> {
  const db = new ClassicLevel<string, unknown>(directory, { valueEncoding: "json" });
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await db.open();
  } catch (error) {
    throw openError(directory, error);
  }
  return new LevelStore(db);
}

class LevelStore implements ClientStore {
  constructor(private readonly db: ClassicLevel<string, unknown>) {}

  async load(): Promise<StoredState> {
    const names = new Map<string, string>();
    for (const [key, name] of await this.range("n!")) names.set(key.slice(2), name as string);
    return {
      account: (await this.db.get("account")) as Account | undefined,
      device: {
        connect: ((await this.db.get("connect")) ?? 0) as number,
        based: (await this.db.get("based")) === true,
      },
      conversations: (await this.range("c!")).map(([key, value]) => {
        // Fields that are younger than the profile have their first values.
        return { ...newConversation(key.slice(2)), ...(value as ConversationRecord) };
      }),
      outbox: (await this.range("o!")).map(([, value]) => value as OutboxItem),
      names,
    };
  }

  async write(batch: readonly StoreWrite[]): Promise<void> {
    if (batch.some((write) => write.kind === "clear")) await this.db.clear();
    const operations = batch.filter((write) => write.kind !== "clear").map(operationOf);
    try {
      await this.db.batch(operations, { sync: true });
    } catch (error) {
      const why = `The profile could not be written: ${(error as Error).message}`;
      throw new ChatError("STORE", why, 0, { cause: error });
    }
  }

  async messages(conversation: string, before: number, limit: number): Promise<StoredMessage[]> {
    const prefix = `m!${conversation}!`;
    const lt = before === 0 ? `${prefix}~` : prefix + pad(before);
    const values = await this.db.values({ gt: prefix, lt, limit, reverse: true }).all();
    return (values as StoredMessage[]).reverse();
  }

  async close(): Promise<void> {
    await this.db.close();
  }

  private range(prefix: string): Promise<[string, unknown][]> {
    return this.db.iterator({ gt: prefix, lt: `${prefix}~` }).all();
  }
}

function operationOf(write: Exclude<StoreWrite, { kind: "clear" }>): Operation {
  switch (write.kind) {
    case "account":
      return { type: "put", key: "account", value: write.account };
    case "connect":
      return { type: "put", key: "connect", value: write.connect };
    case "based":
      return { type: "put", key: "based", value: true };
    case "conversation":
      return { type: "put", key: `c!${write.record.conversation}`, value: write.record };
    case "outbox-put": {
      const key = `o!${write.item.conversation}!${pad(write.item.order)}`;
      return { type: "put", key, value: write.item };
    }
    case "outbox-remove":
      return { type: "del", key: `o!${write.conversation}!${pad(write.order)}` };
    case "message": {
      const key = `m!${write.message.conversation}!${pad(write.message.seq)}`;
      return { type: "put", key, value: write.message };
    }
    case "name":
      return { type: "put", key: `n!${write.user}`, value: write.name };
  }
}

function pad(value: number): string {
  return String(value).padStart(16, "0");
}

function openError(directory: string, error: unknown): ChatError {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  if (cause?.code === "LEVEL_LOCKED") {
    const why = `The profile in ${directory} is in use by another process.`;
    return new ChatError("IN_USE", why, 0, { cause: error });
  }
  const why = `The profile in ${directory} cannot be opened: ${cause?.message ?? error}`;
  return new ChatError("STORE", why, 0, { cause: error });
}
