import { isIP } from "node:net";
import type { Request } from "./sockets.js";

/**
 * The client's address: the peer's, or, behind a proxy that is trusted, the last one in X-Forwarded-For, which that
 * proxy appended; the ones before it are the client's own claims.
 */
export function clientAddress(request: Request, trustForwarded: boolean): string {
  if (trustForwarded) {
    const last = request.header("x-forwarded-for").split(",").at(-1)?.trim() ?? "";
    if (isIP(last) !== 0) return last;
  }
  return request.peerAddress;
}

/** What counts as one client for rate limits: an IPv4 address, or the /64 network of an IPv6 address. */
export function addressKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
  const mapped = groups.slice(0, 5).every((group) => Number.parseInt(group, 16) === 0);
  if (mapped) return address;
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
