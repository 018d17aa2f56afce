import assert from "node:assert/strict";
import { fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ClientFrame, ServerFrame } from "../gen/chat/client/v1/frames.js";
import { messageOf } from "../lib/contract.js";
import { WireError } from "../lib/wire/reader.js";
import { JsonCodec } from "./json.js";
import { Slice } from "./slice.js";
import { framesOf } from "./testing/arbitrary.js";

const json = new JsonCodec();
const slice = (text: string | Uint8Array) => new Slice().set(Buffer.from(text));

describe("the JSON codec", () => {
  const client = messageOf("chat.client.v1.ClientFrame");
  for (const arm of client.fields) {
    it(`reads what means the same as the Protobuf form: ${arm.name}`, () => {
      fc.assert(
        fc.property(framesOf(client.typeName, arm), (bytes) => {
          const text = toJsonString(client, fromBinary(client, bytes));
          const read = json.toProto(slice(text));
          assert.deepEqual(ClientFrame.decode(read), ClientFrame.decode(bytes));
          assert.deepEqual(
            read,
            Buffer.from(ClientFrame.encode(ClientFrame.decode(bytes)).finish()),
          );
        }),
        { numRuns: 50 },
      );
    });
  }

  const server = messageOf("chat.client.v1.ServerFrame");
  for (const arm of server.fields) {
    it(`writes what means the same as the Protobuf form: ${arm.name}`, () => {
      fc.assert(
        fc.property(framesOf(server.typeName, arm), (bytes) => {
          const text = json.toJson(slice(bytes)).toString();
          const read = Buffer.from(toBinary(server, fromJsonString(server, text)));
          assert.deepEqual(read, bytes);
          assert.deepEqual(
            Buffer.from(ServerFrame.encode(ServerFrame.decode(bytes)).finish()),
            bytes,
          );
        }),
        { numRuns: 50 },
      );
    });
  }

  it("writes 64-bit numbers as strings and enums by name", () => {
    const bytes = ServerFrame.encode({
      kind: { $case: "failed", value: { request: 9007199254740991, reason: 3, retryAfterMs: 5 } },
    }).finish();
    assert.deepEqual(JSON.parse(json.toJson(slice(bytes)).toString()), {
      failed: { request: "9007199254740991", reason: "FAIL_REASON_BUSY", retryAfterMs: 5 },
    });
  });

  it("reads numbers as numbers too, and names as in the contract too", () => {
    const read = json.toProto(slice('{"fetch_history":{"request":7,"limit":"20"}}'));
    assert.deepEqual(ClientFrame.decode(read).kind, {
      $case: "fetchHistory",
      value: { request: 7, conversation: "", before: 0, limit: 20 },
    });
  });

  it("says nothing of the client's text when it cannot read it", () => {
    assert.throws(
      () => json.toProto(slice('{"secret":1}')),
      (error) => error instanceof WireError && !error.message.includes("secret"),
    );
  });
});
