import { setTimeout as after } from "node:timers/promises";
import { XmppSocket } from "../load/xmpp-socket.js";
import { residentBytes, slope, tcpBytes } from "../rig/memory.js";
import type { Peer } from "./peer.js";

/** How many devices, and how long they are left alone before the memory is read. */
export interface IdleSize {
  readonly devices: readonly number[];
  readonly settleMs: number;
}

/** Memory that one more connected device costs. */
export interface IdleBytes {
  /** Resident memory of the server's processes. */
  readonly user: number;
  /** Buffers of its TCP sockets. */
  readonly kernel: number;
}

const LOGINS_AT_ONCE = 50;

/** Connects more and more devices that do nothing, and fits a line through the memory they take. */
export async function idleBytes(peer: Peer, { devices, settleMs }: IdleSize): Promise<IdleBytes> {
  const sockets: XmppSocket[] = [];
  const user: [number, number][] = [];
  const kernel: [number, number][] = [];
  let broken = "";
  const events = {
    element() {},
    acked() {},
    message() {},
    closed(why: string) {
      broken = why;
    },
  };
  try {
    for (const count of devices) {
      while (sockets.length < count) {
        const some = Math.min(LOGINS_AT_ONCE, count - sockets.length);
        const logins = Array.from({ length: some }, () => XmppSocket.open(peer.user(), events));
        sockets.push(...(await Promise.all(logins)));
      }
      await after(settleMs);
      if (broken) throw new Error(`${peer.name}: an idle device lost its connection: ${broken}`);
      user.push([count, residentBytes([...peer.processes.values()])]);
      // The generator's ends of the connections take the same.
      kernel.push([count, tcpBytes() / 2]);
    }
  } finally {
    for (const socket of sockets) socket.end();
  }
  return { user: slope(user), kernel: slope(kernel) };
}
