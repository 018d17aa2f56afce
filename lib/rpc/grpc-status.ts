import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError, reasons } from "../errors.js";

const REASON_KEY = "chat-reason";
const RETRY_AFTER_KEY = "chat-retry-after-ms";

/** A failure as it leaves a server: status of its reason, the reason and the delay in trailers. */
export interface FailureStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

export function statusOf(error: RpcError): FailureStatus {
  const row = reasons[error.reason] ?? reasons[ErrorReason.INTERNAL];
  const metadata = new Metadata();
  metadata.set(REASON_KEY, row?.name ?? "INTERNAL");
  if (error.retryAfterMs > 0) metadata.set(RETRY_AFTER_KEY, String(error.retryAfterMs));
  return { code: row?.grpc ?? status.INTERNAL, details: error.message, metadata };
}

/** A failure as a client sees it. What carries no reason is a failure of the transport: BUSY. */
export function rpcErrorOf(error: unknown): RpcError {
  const { code, details, metadata } = error as Partial<ServiceError>;
  const name = String(metadata?.get(REASON_KEY)[0] ?? "");
  for (const [reason, row] of Object.entries(reasons)) {
    if (row.name !== name) continue;
    const retryAfterMs = Number(metadata?.get(RETRY_AFTER_KEY)[0] ?? 0);
    return new RpcError(
      Number(reason),
      details ?? "",
      Number.isFinite(retryAfterMs) ? retryAfterMs : 0,
    );
  }
  if (code === status.DEADLINE_EXCEEDED) {
    return new RpcError(ErrorReason.BUSY, "the deadline has passed");
  }
  if (code === status.UNIMPLEMENTED) {
    return new RpcError(ErrorReason.INTERNAL, details ?? "not served there");
  }
  return new RpcError(ErrorReason.BUSY, `no answer: ${details ?? String(error)}`);
}
