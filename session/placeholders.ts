import { WireReader } from "../lib/wire/reader.js";
import type { Conversation } from "./conversation.js";
import type { Connection } from "./home-user.js";
import { arm, deliver, open, sendTo } from "./outgoing.js";
import type { StoredEntry } from "./store.js";

/** Fields of Entry. */
const ENTRY = { sender: 2, clientMessageId: 3, atUnixMs: 4 } as const;

const reader = new WireReader();

/** Pushes an entry to a device, or what stands in its place where it is parked for this device. */
export function deliverOrHold(
  connection: Connection,
  conversation: Conversation,
  after: number,
  entry: StoredEntry,
): boolean {
  const parked = conversation.parked?.get(connection.device.id, entry.seq);
  if (!parked?.durable) return deliver(connection, conversation, after, entry);
  const out = open(connection, arm.placeholder, 160, 1);
  if (out === undefined) return false;
  out.encoded(conversation.encodedId);
  out.uint(2, after);
  out.uint(3, entry.seq);
  reader.reset(entry.entry);
  while (reader.next()) {
    if (reader.field === ENTRY.sender) out.ascii(4, reader.ascii());
    else if (reader.field === ENTRY.clientMessageId) out.ascii(5, reader.ascii());
    else if (reader.field === ENTRY.atUnixMs) out.uint(6, reader.uint());
  }
  out.uint(7, parked.reason);
  sendTo(connection, out);
  return true;
}

/** Sends the entry behind a placeholder. */
export function replace(
  connection: Connection,
  conversation: Conversation,
  entry: StoredEntry,
): boolean {
  const out = open(connection, arm.replace, entry.entry.length + 64, 1);
  if (out === undefined) return false;
  out.encoded(conversation.encodedId);
  out.bytes(2, entry.entry);
  sendTo(connection, out);
  return true;
}
