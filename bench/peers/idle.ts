import { readFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { XmppSocket } from "../load/xmpp-socket.js";
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

/** Resident memory of some processes together. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }, 0);
}

/** Memory in the buffers of all TCP sockets of this machine. */
function tcpBytes(): number {
  const sockstat = readFileSync("/proc/net/sockstat", "latin1");
  return Number(/^TCP: .* mem (\d+)/m.exec(sockstat)?.[1]) * 4096;
}

/** The slope of the straight line that fits best (least squares). */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return above / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
