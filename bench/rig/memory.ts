import { readFileSync } from "node:fs";
import { spreadOf } from "./stats.js";

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

/** The slope of the line through points of which some lie far off: the median of the slopes of all pairs (Theil and Sen). */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const slopes = points.flatMap(([x, y], i) => {
    return points.slice(i + 1).map(([otherX, otherY]) => (otherY - y) / (otherX - x));
  });
  return spreadOf(slopes).median;
}
