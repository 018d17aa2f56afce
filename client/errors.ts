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
  /** Too much is waiting on this device. */
  | "FULL"
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
