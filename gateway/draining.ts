import { CloseCode } from "../gen/chat/client/v1/frames.js";
import type { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Clock } from "../lib/clock.js";
import type { Link } from "../lib/link/link.js";
import type { Connections } from "./connections.js";
import type { EndConnection } from "./inbound.js";
import { writeDrain } from "./uplink.js";

/** Groups that are told the same delay: few enough for one frame each, many enough to spread the reconnects. */
const GROUPS = 32;
const GROUP_MAX = 500;
/** Of the time until the end, what clients may use to move. */
const SHARE = 0.8;
const CHECK_MS = 50;

interface Deps {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly random: () => number;
  readonly end: EndConnection;
}

/** Tells every connection to move within `delayMs`, each group at a time of its own. */
export function announceDrain({ connections, random }: Deps, delayMs: number): void {
  const size = Math.min(GROUP_MAX, Math.ceil(connections.size / GROUPS));
  const open = new Map<string, { link: Link; codec: Codec; ids: number[] }>();
  const names = new Map<Link, number>();
  const tell = ({ link, codec, ids }: { link: Link; codec: Codec; ids: number[] }) =>
    writeDrain(link, codec, { ids, delayMs: Math.round(delayMs * SHARE * random()) });
  for (const { id, link, ticket } of connections.values()) {
    if (!link) continue;
    if (!names.has(link)) names.set(link, names.size);
    const key = `${names.get(link)}/${ticket.codec}`;
    const group = open.get(key) ?? { link, codec: ticket.codec, ids: [] };
    open.set(key, group);
    if (group.ids.push(id) < size) continue;
    tell(group);
    open.delete(key);
  }
  for (const group of open.values()) tell(group);
}

/** Resolves when all connections have left, or at the latest after `delayMs`; closes those that are left. */
export function awaitDrain({ connections, clock, end }: Deps, delayMs: number): Promise<void> {
  const untilMs = clock.nowMs() + delayMs;
  return new Promise((resolve) => {
    const check = () => {
      if (connections.size > 0 && clock.nowMs() < untilMs) {
        clock.after(Math.min(CHECK_MS, untilMs - clock.nowMs()), check);
        return;
      }
      endAll(connections, end);
      resolve();
    };
    check();
  });
}

export function endAll(connections: Connections, end: EndConnection): void {
  for (const connection of connections.values()) {
    end(connection, CloseCode.DRAINING, "the gateway is shutting down");
  }
}
