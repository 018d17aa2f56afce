import type { GroupChange } from "../gen/chat/client/v1/groups.js";

/**
 * What a device must remember. The SDK's promises rest on these guarantees of an implementation:
 *  - `write` is one transaction: all of it or nothing, in the order of the calls, and durable when
 *    the promise resolves.
 *  - Only one client uses a store at a time; opening it twice fails with ChatError IN_USE.
 *  - `load` gives the outbox items of a conversation in ascending `order`.
 */
export interface ClientStore {
  load(): Promise<StoredState>;
  write(batch: readonly StoreWrite[]): Promise<void>;
  /** At most `limit` messages with seq < `before` (0: from the newest), in ascending order. */
  messages(conversation: string, before: number, limit: number): Promise<StoredMessage[]>;
  close(): Promise<void>;
}

export type StoreWrite =
  | { kind: "account"; account: Account }
  | { kind: "connect"; connect: number }
  | { kind: "based" }
  | { kind: "conversation"; record: ConversationRecord }
  | { kind: "outbox-put"; item: OutboxItem }
  | { kind: "outbox-remove"; conversation: string; order: number }
  | { kind: "message"; message: StoredMessage }
  | { kind: "name"; user: string; name: string }
  /** Forgets everything: the device logged out. */
  | { kind: "clear" };

export interface StoredState {
  account: Account | undefined;
  device: DeviceRecord;
  conversations: ConversationRecord[];
  outbox: OutboxItem[];
  /** Names by user id, as far as they were looked up. */
  names: Map<string, string>;
}

/** Who this device is. The tokens are secrets. */
export interface Account {
  server: string;
  name: string;
  user: string;
  device: string;
  accessToken: string;
  accessExpiresUnixMs: number;
  refreshToken: string;
  refreshExpiresUnixMs: number;
}

export interface DeviceRecord {
  /** Raised by one, durably, before every connection. */
  connect: number;
  /** The Bases of this device are stored. */
  based: boolean;
}

/** The durable integers of one conversation. */
export interface ConversationRecord {
  conversation: string;
  /** Seq of the last entry stored without a gap. */
  last: number;
  /** The last number given to a send. */
  lastNumber: number;
  /** The highest number that got its final answer. */
  finalNumber: number;
  /** Own entries the server has beyond a gap: shown, but `last` may not pass the gap. */
  ahead: { seq: number; after: number }[];
  newestOwn: number;
  newestForeign: number;
  /** How far the user has read here, and how far the server knows it. */
  read: number;
  ownRead: number;
  /** Ticks: how far every other member has received and read. */
  delivered: number;
  peerRead: number;
  /** Of a group: its version and name, as far as the entries shown tell. */
  group?: { version: number; name: string };
  /** Own messages without ticks: somebody has only a placeholder. */
  except: readonly number[];
  /** The same of what lies in between: the other one of a 1:1 never gets it, or in a group nobody is left who counts. */
  exceptRanges?: readonly SeqRange[];
  /** Own messages that never become blue: in a group nobody is left who counts. */
  unreadRanges?: readonly SeqRange[];
  /** Entries that this device has only as placeholders. */
  placeholders: readonly number[];
}

/** Entries from one through another. */
export interface SeqRange {
  from: number;
  through: number;
}

/** A message on its way. */
export interface OutboxItem {
  conversation: string;
  /** First in, first out: position in the outbox of this conversation. */
  order: number;
  clientMessageId: string;
  text: string;
  /** 0 until the first transmission. */
  number: number;
  queuedAtUnixMs: number;
}

export interface StoredMessage {
  conversation: string;
  seq: number;
  sender: string;
  clientMessageId: string;
  atUnixMs: number;
  /** Undefined: a change of the group, or of a kind this version does not know. */
  text: string | undefined;
  /** What changed in the group. */
  change?: GroupChange;
  /** The message itself could not be taken in. */
  placeholder?: true;
}

export function newConversation(conversation: string): ConversationRecord {
  return {
    conversation,
    last: 0,
    lastNumber: 0,
    finalNumber: 0,
    ahead: [],
    newestOwn: 0,
    newestForeign: 0,
    read: 0,
    ownRead: 0,
    delivered: 0,
    peerRead: 0,
    except: [],
    placeholders: [],
  };
}
