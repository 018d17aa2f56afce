import assert from "node:assert/strict";
import fc from "fast-check";
import { ClientFrame, ServerFrame } from "../gen/chat/client/v1/frames.js";
import { codecFor, FrameError } from "./codec.js";
import type { FrameKind } from "./effects.js";

const proto = codecFor("chat.v1.proto");
const json = codecFor("chat.v1.json");
const sent = {
  $case: "sent" as const,
  value: { conversation: "c", clientMessageId: "m", seq: 7, after: 6, atUnixMs: 1.7e12 },
};

function bytes(frame: ServerFrame): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = ServerFrame.encode(frame).finish();
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

describe("the codecs", () => {
  it("write what the contract's own codec reads", () => {
    const frame: FrameKind = {
      $case: "read",
      value: { conversation: "c", seq: 5, automatic: true },
    };
    assert.deepEqual(ClientFrame.decode(proto.encode(frame) as Uint8Array).kind, frame);
    assert.deepEqual(ClientFrame.fromJSON(JSON.parse(json.encode(frame) as string)).kind, frame);
  });

  it("read a frame in both forms, with 64-bit numbers as JSON strings too", () => {
    assert.deepEqual(proto.decode(bytes({ kind: sent })), sent);
    const text = JSON.stringify({
      sent: { ...sent.value, seq: "7", after: "6", atUnixMs: "1700000000000" },
    });
    assert.deepEqual(json.decode(text), sent);
  });

  it("ignore frames of a later version", () => {
    assert.equal(json.decode('{"holograms":{}}'), undefined);
    assert.equal(proto.decode(new Uint8Array([0x9a, 0x06, 0x00]).buffer), undefined);
  });

  it("refuse numbers that are none, and messages of the wrong type", () => {
    assert.throws(() => json.decode('{"sent":{"seq":"many"}}'), FrameError);
    assert.throws(() => json.decode('{"sent":{"seq":1.5}}'), FrameError);
    assert.throws(() => json.decode("[1"), FrameError);
    assert.throws(() => json.decode("null"), FrameError);
    assert.throws(() => json.decode(new ArrayBuffer(0)), FrameError);
    assert.throws(() => proto.decode("{}"), FrameError);
  });

  it("answer random input with a frame or a FrameError, nothing else", () => {
    const decodes = (decode: () => unknown) => {
      try {
        decode();
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        decodes(() => proto.decode(new Uint8Array(input).buffer));
      }),
    );
    fc.assert(fc.property(fc.json(), (input) => decodes(() => json.decode(input))));
    fc.assert(fc.property(fc.string(), (input) => decodes(() => json.decode(input))));
  });
});
