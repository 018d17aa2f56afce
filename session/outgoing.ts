import type { Link, PriorityClass } from "../lib/link/link.js";
import { Encoded, type WireWriter } from "../lib/wire/writer.js";
import type { Conversation } from "./conversation.js";
import type { Connection, Gateway } from "./home-user.js";
import type { StoredEntry } from "./store.js";

/**
 * Writes Event frames straight into the batch of the parser link that leads to a connection. A connection that cannot be
 * reached now, or a link without room, means that the frame is dropped: its recipient or its sender repeats
 * what asked for it.
 */

/** Arms of EventFrame. */
const EVENT = 2;
const CLOSE = 3;

/** Arms of chat.client.v1.ServerFrame. */
export const arm = {
  sent: 2,
  rejected: 3,
  conflict: 4,
  outOfOrder: 5,
  busy: 6,
  deliver: 7,
  receipt: 8,
  caughtUp: 9,
  bases: 10,
  history: 11,
  conversations: 12,
  messageInfo: 13,
  lastNumber: 14,
  failed: 15,
  placeholder: 17,
  replace: 18,
  peerTyping: 20,
} as const;

/** Field of Event for those it goes to. */
const TARGET = 1;

/** It is kept, encoded, of connections that take part in a conversation. */
function writeTarget(out: WireWriter, connection: Connection): void {
  const { gateway, codec, id } = connection;
  if (connection.recent === undefined) return target(out, gateway, codec, [id]);
  connection.target = Encoded.of((writer) => target(writer, gateway, codec, [id]));
  out.encoded(connection.target);
}

/** Begins a frame for one connection; write the arm's fields, then call `send`. */
export function open(
  connection: Connection,
  kind: number,
  sizeHint: number,
  priority: PriorityClass = 0,
): WireWriter | undefined {
  const { link } = connection.gateway;
  if (link === undefined || (priority > 1 && !link.hasRoom(priority))) return undefined;
  const out = link.begin(EVENT, sizeHint + 64);
  if (out === undefined) return undefined;
  if (connection.target !== undefined) out.encoded(connection.target);
  else writeTarget(out, connection);
  out.open(2, sizeHint + 8);
  out.open(kind, sizeHint);
  return out;
}

/** Ends the frame begun by `open` or `openPlanned`. */
export function send(link: Link, out: WireWriter): void {
  out.close();
  out.close();
  link.end();
}

export function sendTo(connection: Connection, out: WireWriter): void {
  send(connection.gateway.link as Link, out);
}

function target(out: WireWriter, gateway: Gateway, codec: number, connections: number[]): void {
  out.open(TARGET, gateway.id.length + 8 + connections.length * 3);
  out.ascii(1, gateway.id);
  out.uint(2, codec);
  out.packed(3, connections);
  out.close();
}

/** Begins a frame for all connections planned on gateways behind one link, and clears the plan. */
export function openPlanned(
  link: Link,
  gateways: readonly Gateway[],
  kind: number,
  sizeHint: number,
) {
  const out = link.begin(EVENT, sizeHint + 64 * gateways.length);
  for (const gateway of gateways) {
    if (gateway.link !== link) continue;
    const { proto, json } = gateway.planned;
    if (out !== undefined && proto.length > 0) target(out, gateway, 1, proto);
    if (out !== undefined && json.length > 0) target(out, gateway, 2, json);
    proto.length = 0;
    json.length = 0;
  }
  if (out === undefined) return undefined;
  out.open(2, sizeHint + 8);
  out.open(kind, sizeHint);
  return out;
}

/** The fields of Deliver. */
export function deliverFields(
  out: WireWriter,
  conversation: Conversation,
  after: number,
  entry: StoredEntry,
): void {
  out.encoded(conversation.encodedId);
  out.uint(2, after);
  out.bytes(3, entry.entry);
}

/** Size of a Deliver, near enough for a hint. */
export function deliverSize(conversation: Conversation, entry: StoredEntry): number {
  return conversation.encodedId.length + entry.entry.length + 10;
}

export function deliver(
  connection: Connection,
  conversation: Conversation,
  after: number,
  entry: StoredEntry,
): boolean {
  const out = open(connection, arm.deliver, deliverSize(conversation, entry), 1);
  if (out === undefined) return false;
  deliverFields(out, conversation, after, entry);
  sendTo(connection, out);
  return true;
}

/** Tells the gateway to close a connection. */
export function closeConnection(connection: Connection, code: number, reason: string): void {
  const { gateway } = connection;
  const out = gateway.link?.begin(CLOSE, 64 + reason.length);
  if (out === undefined) return;
  out.ascii(1, gateway.id);
  out.open(2, 16 + reason.length);
  out.uint(1, connection.id);
  out.uint(2, code);
  out.string(3, reason);
  out.close();
  gateway.link?.end();
}
