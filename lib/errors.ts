import { status } from "@grpc/grpc-js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";

/** A failure that callers may see: a reason from the closed list and one sentence for people. */
export class RpcError extends Error {
  override name = "RpcError";

  constructor(
    readonly reason: ErrorReason,
    message: string,
    /** When to try again; 0 when it is not known or does not apply. */
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}

/** The one table from reason to gRPC status and HTTP status. */
export const reasons: Readonly<Record<number, { name: string; grpc: status; http: number }>> = {
  [ErrorReason.INVALID]: { name: "INVALID", grpc: status.INVALID_ARGUMENT, http: 400 },
  [ErrorReason.UNAUTHENTICATED]: {
    name: "UNAUTHENTICATED",
    grpc: status.UNAUTHENTICATED,
    http: 401,
  },
  [ErrorReason.TOKEN_REUSED]: { name: "TOKEN_REUSED", grpc: status.UNAUTHENTICATED, http: 401 },
  [ErrorReason.NOT_FOUND]: { name: "NOT_FOUND", grpc: status.NOT_FOUND, http: 404 },
  [ErrorReason.ALREADY_EXISTS]: { name: "ALREADY_EXISTS", grpc: status.ALREADY_EXISTS, http: 409 },
  [ErrorReason.RATE_LIMITED]: { name: "RATE_LIMITED", grpc: status.RESOURCE_EXHAUSTED, http: 429 },
  [ErrorReason.BUSY]: { name: "BUSY", grpc: status.UNAVAILABLE, http: 503 },
  [ErrorReason.INTERNAL]: { name: "INTERNAL", grpc: status.INTERNAL, http: 500 },
};
