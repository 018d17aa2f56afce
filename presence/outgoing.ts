import { FailReason } from "../gen/chat/client/v1/history.js";
import type { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Link } from "../lib/link/link.js";
import type { WireWriter } from "../lib/wire/writer.js";
import type { Place, View } from "./watch.js";

/** Arm of PresenceFrame. */
const EVENT = 2;
/** Field of Event for those it goes to. */
const TARGET = 1;
/** Arms of chat.client.v1.ServerFrame. */
const ARM = { failed: 15, presence: 19 } as const;
/** Connections named in one event: it stays far below what a link takes. */
const CONNECTIONS_MAX = 2048;

export const RETRY_MS = 1_000;

/** All writers give false when the link does not take the frame: who asked asks again. */
export function writeFailed(place: Place, request: number, reason: FailReason): boolean {
  const out = open(place.link, [group(place)], 24);
  if (out === undefined) return false;
  out.open(ARM.failed, 16);
  out.uint(1, request);
  out.uint(2, reason);
  if (reason === FailReason.BUSY) out.uint(3, RETRY_MS);
  return close(place.link, out);
}

export function writeAnswer(place: Place, request: number, user: string, view: View): boolean {
  const out = open(place.link, [group(place)], 48);
  if (out === undefined) return false;
  writePresence(out, request, user, view);
  return close(place.link, out);
}

/** Connections of one codec on one gateway. */
interface Group {
  readonly gateway: string;
  readonly codec: Codec;
  readonly connections: number[];
}

function group({ gateway, codec, connection }: Place): Group {
  return { gateway, codec, connections: [connection] };
}

/** What changed of one user, to many connections: each parser link gets one event for all behind it. */
export class Push {
  readonly #links = new Map<Link, Map<string, Group>>();

  constructor(readonly view: View) {}

  add(place: Place): void {
    let groups = this.#links.get(place.link);
    if (groups === undefined) {
      groups = new Map();
      this.#links.set(place.link, groups);
    }
    const key = `${place.gateway}/${place.codec}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, group(place));
    else known.connections.push(place.connection);
  }

  /** Gives how many connections are not told because their link has no room. */
  write(user: string): number {
    let shed = 0;
    for (const [link, groups] of this.#links) {
      for (const part of partsOf([...groups.values()])) {
        const out = open(link, part, 48);
        if (out === undefined) shed += countOf(part);
        else {
          writePresence(out, 0, user, this.view);
          close(link, out);
        }
      }
    }
    return shed;
  }
}

/** Cuts groups so that no event names too many connections. */
function partsOf(groups: readonly Group[]): Group[][] {
  const parts: Group[][] = [[]];
  let count = 0;
  for (const { gateway, codec, connections } of groups) {
    for (let at = 0; at < connections.length; ) {
      if (count === CONNECTIONS_MAX) {
        parts.push([]);
        count = 0;
      }
      const some = connections.slice(at, at + CONNECTIONS_MAX - count);
      parts.at(-1)?.push({ gateway, codec, connections: some });
      count += some.length;
      at += some.length;
    }
  }
  return parts;
}

function countOf(groups: readonly Group[]): number {
  return groups.reduce((sum, { connections }) => sum + connections.length, 0);
}

function open(link: Link, groups: readonly Group[], size: number): WireWriter | undefined {
  const targets = groups.length * 40 + countOf(groups) * 4;
  const out = link.begin(EVENT, size + targets);
  if (out === undefined) return undefined;
  for (const { gateway, codec, connections } of groups) {
    out.open(TARGET, gateway.length + 8 + connections.length * 3);
    out.ascii(1, gateway);
    out.uint(2, codec);
    out.packed(3, connections);
    out.close();
  }
  out.open(2, size);
  return out;
}

function writePresence(out: WireWriter, request: number, user: string, view: View): void {
  out.open(ARM.presence, 40);
  out.uint(1, request);
  out.ascii(2, user);
  out.bool(3, view.online);
  out.uint(4, view.seen * 1000);
}

/** Ends the frame of the client, the event and the frame of the link. */
function close(link: Link, out: WireWriter): true {
  out.close();
  out.close();
  link.end();
  return true;
}
