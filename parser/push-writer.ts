import type { CloseCode } from "../gen/chat/client/v1/frames.js";
import type { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Link, PriorityClass } from "../lib/link/link.js";
import type { Slice } from "./slice.js";

/** Field numbers of the arms of ParserFrame. */
export const PARSER_FRAME = { push: 2, close: 3, rosterWanted: 4 } as const;

/** Where a push goes. */
export interface PushTarget {
  readonly connections: readonly number[];
  codec: Codec;
}

/**
 * Writes one message for connections of a gateway: the one copy of its bytes. False when the link
 * is dead or has no room for a frame of class `cls`.
 */
export function writePush(
  link: Link,
  cls: PriorityClass,
  target: PushTarget,
  data: Slice,
): boolean {
  if (!link.hasRoom(cls)) return false;
  const size = data.length + target.connections.length * 5 + 16;
  const writer = link.begin(PARSER_FRAME.push, size);
  if (writer === undefined) return false;
  writer.packed(1, target.connections);
  writer.bytes(2, data.buf, data.start, data.stop);
  writer.uint(3, target.codec);
  link.end();
  return true;
}

/** As `writePush`, for connections that are a packed field already. */
export function passPush(
  link: Link,
  cls: PriorityClass,
  connections: Slice,
  codec: Codec,
  data: Slice,
): boolean {
  if (!link.hasRoom(cls)) return false;
  const writer = link.begin(PARSER_FRAME.push, data.length + connections.length + 16);
  if (writer === undefined) return false;
  writer.bytes(1, connections.buf, connections.start, connections.stop);
  writer.bytes(2, data.buf, data.start, data.stop);
  writer.uint(3, codec);
  link.end();
  return true;
}

/** Asks the gateway to close a connection. */
export function writeClose(link: Link, connection: number, code: CloseCode, reason: string): void {
  const writer = link.begin(PARSER_FRAME.close, reason.length + 16);
  if (writer === undefined) return;
  writer.uint(1, connection);
  writer.uint(2, code);
  writer.string(3, reason);
  link.end();
}

/** Asks the gateway for its roster. */
export function writeRosterWanted(link: Link): void {
  if (link.begin(PARSER_FRAME.rosterWanted, 0) !== undefined) link.end();
}
