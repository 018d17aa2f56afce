import { ChatError, type ChatErrorReason } from "./errors.js";
import { timings } from "./timings.js";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export const defaultFetch: Fetch = (url, init) => globalThis.fetch(url, init);

const REASONS: readonly string[] = [
  "INVALID",
  "UNAUTHENTICATED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "RATE_LIMITED",
  "BUSY",
  "INTERNAL",
];

/** Calls `POST <server>/v1/<path>`; failures become ChatError. */
export async function post(
  deps: { server: string; fetch: Fetch },
  path: string,
  body: object,
  token?: string,
): Promise<Record<string, unknown>> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  let response: Response;
  let answer: unknown;
  try {
    response = await deps.fetch(`${deps.server}/v1/${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timings.httpMs),
    });
    answer = await response.json().catch(() => undefined);
  } catch (error) {
    const why = `The server at ${deps.server} cannot be reached.`;
    throw new ChatError("UNREACHABLE", why, 0, { cause: error });
  }
  const object = typeof answer === "object" && answer !== null ? answer : undefined;
  if (response.ok && object !== undefined) return object as Record<string, unknown>;
  throw failure(response.status, (object ?? {}) as Record<string, unknown>);
}

function failure(status: number, body: Record<string, unknown>): ChatError {
  const given = String(body.reason ?? "");
  // Both mean the same to a client: the tokens are void.
  if (given === "TOKEN_REUSED") return new ChatError("UNAUTHENTICATED", text(body, status));
  const reason = REASONS.includes(given) ? (given as ChatErrorReason) : byStatus(status);
  return new ChatError(reason, text(body, status), Number(body.retryAfterMs) || 0);
}

function text(body: Record<string, unknown>, status: number): string {
  const message = body.message;
  return typeof message === "string" && message !== ""
    ? message
    : `The server answered with HTTP status ${status}.`;
}

function byStatus(status: number): ChatErrorReason {
  if (status === 401) return "UNAUTHENTICATED";
  if (status === 429) return "RATE_LIMITED";
  return status >= 500 ? "BUSY" : "INTERNAL";
}
