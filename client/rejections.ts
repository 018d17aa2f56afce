import { RejectReason } from "../gen/chat/client/v1/messages.js";
import type { RejectedReason } from "./events.js";

const REASONS: Partial<Record<RejectReason, RejectedReason>> = {
  [RejectReason.INVALID]: "INVALID",
  [RejectReason.CONTENT]: "CONTENT",
  [RejectReason.NOT_FOUND]: "NOT_FOUND",
  [RejectReason.NOT_ALLOWED]: "NOT_ALLOWED",
  [RejectReason.BLOCKED]: "BLOCKED",
  [RejectReason.NOT_A_MEMBER]: "NOT_A_MEMBER",
};

/** The reason as the app is told it; one that this version does not know is OTHER. */
export function rejectedReason(reason: RejectReason): RejectedReason {
  return REASONS[reason] ?? "OTHER";
}
