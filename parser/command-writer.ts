import type { Link, PriorityClass } from "../lib/link/link.js";
import type { Encoded } from "../lib/wire/writer.js";
import type { OriginView } from "./origin.js";
import type { Slice } from "./slice.js";

/** Field numbers of the arms of CommandFrame. */
export const COMMAND_FRAME = {
  command: 2,
  attach: 3,
  detach: 4,
  roster: 5,
  stalled: 6,
  notHere: 7,
  gatewayLink: 8,
  urgent: 9,
} as const;

/** Bytes of tags, lengths and ids around what is copied. */
const ENVELOPE_BYTES = 64;

/** A W3C traceparent has 55 characters. */
const TRACEPARENT_LENGTH = 55;

/** What goes with a client frame. */
export interface Envelope {
  /** Boot id of the gateway, as the first field of a command. */
  gateway: Encoded;
  readonly origin: OriginView;
  /** W3C traceparent; empty when the frame is not sampled. */
  readonly trace: Slice;
}

/**
 * Passes a client's frame on as a Command: the one copy of its bytes. False when the link is dead
 * or has no room for a frame of class `cls`.
 */
export function writeCommand(
  link: Link | undefined,
  cls: PriorityClass,
  envelope: Envelope,
  frame: Slice,
): boolean {
  if (link === undefined || !link.alive || !link.hasRoom(cls)) return false;
  const { origin } = envelope;
  const size = origin.stop - origin.start + frame.length + ENVELOPE_BYTES;
  const writer = link.begin(cls === 0 ? COMMAND_FRAME.urgent : COMMAND_FRAME.command, size);
  if (writer === undefined) return false;
  writer.encoded(envelope.gateway);
  writer.bytes(2, origin.buf, origin.start, origin.stop);
  writer.bytes(3, frame.buf, frame.start, frame.stop, true);
  const { trace } = envelope;
  if (trace.length === TRACEPARENT_LENGTH) writer.bytes(4, trace.buf, trace.start, trace.stop);
  link.end();
  return true;
}

/**
 * Passes a gateway's own frame on: `kind` is one of attach, detach, roster, stalled and not_here.
 */
export function writeFromGateway(
  link: Link | undefined,
  kind: number,
  gateway: string,
  body: Slice,
): boolean {
  const writer = link?.begin(kind, body.length + ENVELOPE_BYTES);
  if (link === undefined || writer === undefined) return false;
  writer.ascii(1, gateway);
  writer.bytes(2, body.buf, body.start, body.stop, true);
  link.end();
  return true;
}

/** Says that a gateway's link to this parser came up or broke. */
export function writeGatewayLink(link: Link | undefined, gateway: string, up: boolean): void {
  const writer = link?.begin(COMMAND_FRAME.gatewayLink, ENVELOPE_BYTES);
  if (link === undefined || writer === undefined) return;
  writer.ascii(1, gateway);
  writer.bool(2, up);
  link.end();
}
