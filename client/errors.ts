import type { StopReason } from "./events.js";

/** Why a call of the SDK failed. */
export type ChatErrorReason =
  /** An argument breaks a rule; the message says which. */
  | "INVALID"
  /** There are no valid credentials: log in. */
  | "UNAUTHENTICATED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  /** Too many requests; see retryAfterMs. */
  | "RATE_LIMITED"
  /** The server is overloaded. */
  | "BUSY"
  /** The server cannot be reached, or did not answer in time. */
  | "UNREACHABLE"
  /** The store is used by another process. */
  | "IN_USE"
  /** The store could not be read or written. */
  | "STORE"
  /** The client was closed or has stopped. */
  | "CLOSED"
  /** Too much is waiting on this device, or a list has no room for more. */
  | "FULL"
  /** The caller was a member of the group and is none any more. */
  | "NOT_A_MEMBER"
  /** The caller's role in the group does not allow it. */
  | "NOT_ALLOWED"
  /** The group has no room for so many members. */
  | "GROUP_FULL"
  /** The group has no members any more, or the invite link has ended. */
  | "GONE"
  /** It is as asked for already. */
  | "ALREADY"
  /** Users do not let the caller add them to a group: see InviteOnlyError. */
  | "INVITE_ONLY"
  /** The id is taken. */
  | "CONFLICT"
  /** Too many others changed the group meanwhile to know whether this was done: look, then ask anew. */
  | "STALE"
  | "INTERNAL";

/** Every error the SDK throws. */
export class ChatError extends Error {
  override name = "ChatError";

  constructor(
    readonly reason: ChatErrorReason,
    message: string,
    /** When to try again; 0 when it is not known. */
    readonly retryAfterMs = 0,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Nobody was added to the group: these users cannot be by the caller, and it is not told why. They can be invited by a link. */
export class InviteOnlyError extends ChatError {
  constructor(readonly users: readonly string[]) {
    super("INVITE_ONLY", "Users do not let you add them: invite them by a link.");
  }
}

/** What the server recognises a change by that is asked for again: it is made once. */
export interface ChangeKey {
  /** The group; of a new one its id. */
  group: string;
  requestId: string;
  seenVersion: number;
}

/**
 * Nobody knows whether the change of a group was made: no answer came in time. It can be asked for again with `key`, days later, too, and
 * is still made once. `reason` is that of the last attempt.
 */
export class UnansweredError extends ChatError {
  constructor(
    readonly key: ChangeKey,
    { reason, message, retryAfterMs }: ChatError,
  ) {
    super(reason, message, retryAfterMs);
  }
}

export function closedError(): ChatError {
  return new ChatError("CLOSED", "The client is closed.");
}

export function lateError(): ChatError {
  return new ChatError("UNREACHABLE", "The server did not answer in time.");
}

/** Why there is no connection and will be none. */
export function stopError({ reason, why }: { reason: StopReason; why: string }): ChatError {
  const known = reason === "logged-out" ? "UNAUTHENTICATED" : "CLOSED";
  return new ChatError(known, `${why[0]?.toUpperCase()}${why.slice(1)}.`);
}
