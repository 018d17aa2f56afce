import { readFileSync } from "node:fs";

/** Resident memory of some processes together. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }, 0);
}

/** Memory in the buffers of all TCP sockets of this machine. */
export function tcpBytes(): number {
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
