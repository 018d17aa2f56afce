import assert from "node:assert/strict";
import { Metadata, status } from "@grpc/grpc-js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError, reasons } from "../errors.js";
import { rpcErrorOf, statusOf } from "./grpc-status.js";

describe("gRPC status", () => {
  it("carries every reason, its sentence and its delay there and back", () => {
    for (const reason of Object.keys(reasons).map(Number) as ErrorReason[]) {
      const sent = new RpcError(reason, `Sentence ${reason}.`, reason * 10);
      const end = statusOf(sent);
      assert.equal(end.code, reasons[reason]?.grpc);
      const got = rpcErrorOf(end);
      assert.deepEqual(
        [got.reason, got.message, got.retryAfterMs],
        [reason, sent.message, reason * 10],
      );
    }
  });

  it("is BUSY when the transport failed, however it says so", () => {
    for (const code of [
      status.UNAVAILABLE,
      status.INTERNAL,
      status.CANCELLED,
      status.UNKNOWN,
      status.DEADLINE_EXCEEDED,
    ]) {
      const error = rpcErrorOf({ code, details: "connection lost", metadata: new Metadata() });
      assert.equal(error.reason, ErrorReason.BUSY);
    }
    assert.equal(rpcErrorOf(new Error("anything")).reason, ErrorReason.BUSY);
  });

  it("is INTERNAL when the other end does not serve the call", () => {
    const error = rpcErrorOf({
      code: status.UNIMPLEMENTED,
      details: "unknown",
      metadata: new Metadata(),
    });
    assert.equal(error.reason, ErrorReason.INTERNAL);
  });

  it("does not trust a strange reason or delay", () => {
    const metadata = new Metadata();
    metadata.set("chat-reason", "CONSTRUCTOR");
    assert.equal(
      rpcErrorOf({ code: status.INTERNAL, details: "", metadata }).reason,
      ErrorReason.BUSY,
    );
    metadata.set("chat-reason", "RATE_LIMITED");
    metadata.set("chat-retry-after-ms", "soon");
    assert.equal(rpcErrorOf({ code: status.INTERNAL, details: "", metadata }).retryAfterMs, 0);
  });
});
