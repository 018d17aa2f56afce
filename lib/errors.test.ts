import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { registry } from "./contract.js";
import { RpcError, reasons } from "./errors.js";

describe("error reasons", () => {
  const values = registry.getEnum("chat.common.v1.ErrorReason")?.values ?? [];

  it("are all in the table, under the name the contract gives them", () => {
    assert.ok(values.length > 1);
    for (const { number, name } of values) {
      if (number === ErrorReason.UNSPECIFIED) continue;
      assert.equal(`ERROR_REASON_${reasons[number]?.name}`, name);
    }
    assert.equal(Object.keys(reasons).length, values.length - 1);
  });

  it("are failures for gRPC and for HTTP, with the status the contract's comment states", () => {
    for (const { grpc, http } of Object.values(reasons)) {
      assert.notEqual(grpc, status.OK);
      assert.ok(http >= 400 && http < 600);
    }
    assert.equal(reasons[ErrorReason.BUSY]?.grpc, status.UNAVAILABLE);
    assert.equal(reasons[ErrorReason.INVALID]?.grpc, status.INVALID_ARGUMENT);
  });

  it("travel in an RpcError, with no delay unless one is given", () => {
    const error = new RpcError(ErrorReason.NOT_FOUND, "No such user.");
    assert.deepEqual(
      [error.name, error.reason, error.retryAfterMs],
      ["RpcError", ErrorReason.NOT_FOUND, 0],
    );
  });
});
