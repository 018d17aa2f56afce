import type { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Link } from "../lib/link/link.js";
import type { Connection } from "./connection.js";

/** Field numbers of the arms of GatewayFrame. */
export const ARM = {
  inbound: 2,
  attach: 3,
  detach: 4,
  roster: 5,
  stalled: 6,
  notHere: 7,
  drain: 8,
  acted: 9,
} as const;

/** Bytes one Attach takes at most: origin, connect, tags. */
const ATTACH_BYTES = 80;

/** A user did something over HTTP. Lost when there is no room: nobody waits for it. */
export function writeActed(link: Link | undefined, user: string): void {
  const writer = link?.begin(ARM.acted, 24);
  if (!writer) return;
  writer.ascii(1, user);
  link?.end();
}

/** Writes the frames about connections. All are P0: only a dead link refuses them, and the next roster repairs that. */
export function writeAttach(link: Link | undefined, { origin, ticket }: Connection): void {
  const writer = link?.begin(ARM.attach, ATTACH_BYTES);
  if (!writer) return;
  writer.bytes(1, origin);
  writer.uint(2, ticket.connect);
  link?.end();
}

export function writeDetach(link: Link | undefined, { origin }: Connection): void {
  writeOrigin(link, ARM.detach, origin);
}

export function writeStalled(link: Link | undefined, { origin }: Connection): void {
  writeOrigin(link, ARM.stalled, origin);
}

function writeOrigin(link: Link | undefined, arm: number, origin: Uint8Array): void {
  const writer = link?.begin(arm, ATTACH_BYTES);
  if (!writer) return;
  writer.bytes(1, origin);
  link?.end();
}

export function writeNotHere(link: Link, ids: readonly number[]): void {
  const writer = link.begin(ARM.notHere, ids.length * 4);
  if (!writer) return;
  writer.packed(1, ids);
  link.end();
}

/** A roster chunk that speaks for the ids `first` to `last`. */
export function writeRosterChunk(
  link: Link,
  range: { readonly first: number; readonly last: number },
  connections: readonly Connection[],
): void {
  const writer = link.begin(ARM.roster, connections.length * ATTACH_BYTES + 16);
  if (!writer) return;
  writer.uint(1, range.first);
  writer.uint(2, range.last);
  for (const { origin, ticket } of connections) {
    writer.open(3, ATTACH_BYTES);
    writer.bytes(1, origin);
    writer.uint(2, ticket.connect);
    writer.close();
  }
  link.end();
}

export function writeDrain(
  link: Link,
  codec: Codec,
  drain: { readonly ids: readonly number[]; readonly delayMs: number },
): void {
  const writer = link.begin(ARM.drain, drain.ids.length * 4 + 16);
  if (!writer) return;
  writer.packed(1, drain.ids);
  writer.uint(2, codec);
  writer.uint(3, drain.delayMs);
  link.end();
}
