import { CloseCode } from "../gen/chat/client/v1/frames.js";
import type { StopReason } from "./events.js";

/** What the client does after the server closed the connection. */
export type AfterClose =
  | { action: "reconnect"; why: string }
  | { action: "refresh"; why: string }
  | { action: "stop"; reason: StopReason; why: string };

/** One row per close code of the contract; the test holds the two together. */
export const closeTable: Readonly<Record<number, AfterClose>> = {
  [CloseCode.DRAINING]: { action: "reconnect", why: "the server is shutting down" },
  [CloseCode.OVERLOADED]: { action: "reconnect", why: "the server is overloaded" },
  [CloseCode.SLOW_CONSUMER]: { action: "reconnect", why: "this client read too slowly" },
  [CloseCode.TOKEN_EXPIRED]: { action: "refresh", why: "the access token has expired" },
  [CloseCode.IDLE]: { action: "reconnect", why: "the server heard nothing from us" },
  [CloseCode.LIFETIME]: { action: "reconnect", why: "the connection reached its maximum life" },
  [CloseCode.RATE_LIMITED]: { action: "reconnect", why: "this client sent too much" },
  [CloseCode.INVALID_FRAME]: {
    action: "stop",
    reason: "bug",
    why: "the server could not understand this client",
  },
  [CloseCode.FRAME_TOO_LARGE]: {
    action: "stop",
    reason: "bug",
    why: "this client sent a frame that is too large",
  },
  [CloseCode.REVOKED]: {
    action: "stop",
    reason: "logged-out",
    why: "this device was logged out; log in again",
  },
  [CloseCode.SUPERSEDED]: {
    action: "stop",
    reason: "superseded",
    why: "this device is connected elsewhere",
  },
};

/** Codes of later versions follow the rule of their range; others (1006…) mean: try again. */
export function afterClose(code: number): AfterClose {
  const row = closeTable[code];
  if (row !== undefined) return row;
  if (code >= 4500 && code <= 4999) {
    return { action: "stop", reason: "bug", why: `the server closed with code ${code}` };
  }
  const why = code === 1006 ? "the connection broke" : `the connection closed (${code})`;
  return { action: "reconnect", why };
}

/** The delay a close reason asks for, at most five minutes; undefined when it names none. */
export function retryAfterMs(reason: string): number | undefined {
  const match = /(?:^|[\s;,])retry-after-ms=(\d{1,9})(?!\d)/.exec(reason);
  return match === null ? undefined : Math.min(Number(match[1]), 300_000);
}
