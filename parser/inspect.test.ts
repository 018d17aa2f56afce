import assert from "node:assert/strict";
import fc from "fast-check";
import { ClientFrame } from "../gen/chat/client/v1/frames.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { RpcError } from "../lib/errors.js";
import { shardOf } from "../lib/hash.js";
import { Inspector } from "./inspect.js";
import { JsonCodec } from "./json.js";
import { CHAT } from "./testing/test-bench.js";

const inspector = new Inspector(new JsonCodec());
const proto = (kind: ClientFrame["kind"]) => ({
  codec: Codec.PROTO,
  data: Buffer.from(ClientFrame.encode({ kind }).finish()),
});
const json = (text: string) => ({ codec: Codec.JSON, data: Buffer.from(text) });

describe("Inspect", () => {
  it("names the frame, its conversation and its shard", () => {
    const kind = {
      $case: "fetchHistory" as const,
      value: { request: 1, conversation: CHAT, before: 0, limit: 0 },
    };
    const expected = {
      kind: "fetch_history",
      conversation: CHAT,
      shard: shardOf(CHAT, 256),
      refused: "",
    };
    assert.deepEqual(inspector.inspect(proto(kind)), expected);
    const text = JSON.stringify({ fetchHistory: { request: "1", conversation: CHAT } });
    assert.deepEqual(inspector.inspect(json(text)), expected);
  });

  it("says why a frame would be refused", () => {
    const refused = inspector.inspect(proto({ $case: "resume", value: { token: 0 } }));
    assert.deepEqual(refused, { kind: "resume", conversation: "", shard: 0, refused: "INVALID" });
  });

  it("fails with INVALID and says why when the bytes are no frame", () => {
    const bad = [
      json('{"ack":{"seq":"x"}}'),
      json("{}"),
      { codec: Codec.PROTO, data: Buffer.from([1]) },
    ];
    bad.push({ codec: Codec.UNSPECIFIED, data: Buffer.alloc(0) });
    bad.push({ codec: Codec.PROTO, data: Buffer.alloc(64 * 1024 + 1) });
    for (const request of bad) {
      assert.throws(
        () => inspector.inspect(request),
        (error) =>
          error instanceof RpcError && error.reason === ErrorReason.INVALID && error.message !== "",
      );
    }
  });

  it("answers or fails with INVALID whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(Codec.PROTO, Codec.JSON), (bytes, codec) => {
        try {
          inspector.inspect({ codec, data: Buffer.from(bytes) });
        } catch (error) {
          assert.ok(error instanceof RpcError && error.reason === ErrorReason.INVALID);
        }
      }),
    );
  });
});
