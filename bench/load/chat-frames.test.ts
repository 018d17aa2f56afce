import assert from "node:assert/strict";
import { ClientFrame, ServerFrame } from "../../gen/chat/client/v1/frames.js";
import { Content } from "../../gen/chat/client/v1/messages.js";
import { ChatReader, ChatWriter } from "./chat-frames.js";
import type { LoadSocket } from "./websocket.js";

const conversation = "dm_0000000000000000_1111111111111111";
const clientMessageId = "00000000-0000-4000-8000-000000000001";
const content = { kind: { $case: "text" as const, value: { text: "hello" } } };

/** Takes what a writer sends. */
function catcher() {
  const buf = Buffer.alloc(1024);
  const caught: Buffer[] = [];
  const socket = {
    reserve: () => ({ buf, pos: 0 }),
    commit: (length: number) => void caught.push(Buffer.from(buf.subarray(0, length))),
  } as unknown as LoadSocket;
  return { socket, caught };
}

describe("the frames of the load generator", () => {
  it("are those of the generated codec, byte for byte", () => {
    const writer = new ChatWriter();
    const { socket, caught } = catcher();
    const encoded = Buffer.from(Content.encode(content).finish());
    writer.send(socket, { conversation, clientMessageId, number: 300, content: encoded, acked: 7 });
    writer.ack(socket, conversation, 5);
    writer.read(socket, conversation, 6);
    writer.resync(socket, conversation, 8);
    writer.resume(socket, 1);
    writer.ackBases(socket);
    const send = {
      conversation,
      clientMessageId,
      number: 300,
      content,
      acked: 7,
      automatic: false,
    };
    const expected: ClientFrame["kind"][] = [
      { $case: "send", value: send },
      { $case: "ack", value: { conversation, seq: 5 } },
      { $case: "read", value: { conversation, seq: 6, automatic: false } },
      { $case: "resync", value: { conversation, last: 8 } },
      { $case: "resume", value: { token: 1 } },
      { $case: "ackBases", value: {} },
    ];
    assert.deepEqual(
      caught,
      expected.map((kind) => Buffer.from(ClientFrame.encode({ kind }).finish())),
    );
  });

  it("are read as the generated codec wrote them", () => {
    const reader = new ChatReader();
    const read = (kind: ServerFrame["kind"]) => {
      const bytes = Buffer.from(ServerFrame.encode({ kind }).finish());
      const fields = reader.read(bytes, 0, bytes.length);
      assert.equal(fields.conversation, conversation);
      return { ...fields };
    };
    const entry = {
      seq: 9,
      sender: "us_x",
      clientMessageId,
      atUnixMs: 1,
      content,
      change: undefined,
    };
    const delivered = read({ $case: "deliver", value: { conversation, after: 8, entry } });
    assert.deepEqual([delivered.arm, delivered.seq, delivered.after], [7, 9, 8]);
    const sent = { conversation, clientMessageId, seq: 3, after: 0, atUnixMs: 1 };
    const told = read({ $case: "sent", value: sent });
    assert.deepEqual([told.arm, told.seq, told.after], [2, 3, 0]);
    const value = {
      conversation,
      delivered: 4,
      read: 2,
      ownRead: 0,
      except: [],
      exceptRanges: [],
      settledVersion: 0,
      unreadRanges: [],
    };
    const receipt = read({ $case: "receipt", value });
    assert.deepEqual([receipt.arm, receipt.delivered, receipt.read], [8, 4, 2]);
  });
});
