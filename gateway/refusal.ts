import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError, reasons } from "../lib/errors.js";
import type { Answer } from "./sockets.js";

/** Why a request is not served, as HTTP clients are told. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

export const invalid = (message: string, status = 400): Refusal => ({
  status,
  reason: "INVALID",
  message,
});

export const unauthenticated = (message: string): Refusal => ({
  status: 401,
  reason: "UNAUTHENTICATED",
  message,
});

export const busy = (message: string, retryAfterMs: number): Refusal => ({
  status: 503,
  reason: "BUSY",
  message,
  retryAfterMs,
});

export const limited = (message: string, retryAfterMs: number): Refusal => ({
  status: 429,
  reason: "RATE_LIMITED",
  message,
  retryAfterMs,
});

/** A failed call, with what callers may see of it. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof RpcError)) {
    return { status: 500, reason: "INTERNAL", message: "something went wrong here" };
  }
  const { name, http } = reasons[error.reason] ??
    reasons[ErrorReason.INTERNAL] ?? { name: "INTERNAL", http: 500 };
  const { message, retryAfterMs } = error;
  return { status: http, reason: name, message, ...(retryAfterMs > 0 ? { retryAfterMs } : {}) };
}

export function answerRefusal({ status, ...body }: Refusal): Answer {
  const headers: Record<string, string> = {};
  if (body.retryAfterMs) headers["retry-after"] = String(Math.ceil(body.retryAfterMs / 1000));
  if (status === 401) headers["www-authenticate"] = "Bearer";
  if (status === 426) headers.upgrade = "websocket";
  return answerJson(status, body, headers);
}

export function answerJson(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
    body: JSON.stringify(body),
  };
}
