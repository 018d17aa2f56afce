import assert from "node:assert/strict";
import { inspect } from "node:util";
import { fromBinary, toJsonString } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ClientFrame } from "../gen/chat/client/v1/frames.js";
import type { Send } from "../gen/chat/client/v1/messages.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { Command, CommandBatch } from "../gen/chat/session/v1/session.js";
import { clientFrames, messageOf } from "../lib/contract.js";
import { WireReader } from "../lib/wire/reader.js";
import { WireWriter } from "../lib/wire/writer.js";
import { messages, mutationsOf } from "./testing/arbitrary.js";
import { ALICE, BOB, originOf, TestBench } from "./testing/test-bench.js";

const NAME = "chat.client.v1.ClientFrame";
/** Behind all that the contract has. */
const UNKNOWN_ARM = 1 + Math.max(...clientFrames().map(({ number }) => number));
let bench: TestBench;
beforeEach(() => {
  bench = new TestBench();
});

const mutated = mutationsOf(messages(NAME).map(({ bytes }) => bytes));

/** Valid frames with a field that is not in the contract, in the frame or at the end of its arm. */
const withUnknown = fc
  .tuple(messages(NAME), fc.constantFrom(1, UNKNOWN_ARM, 29, 100, 9999), fc.boolean(), fc.nat(300))
  .map(([{ bytes }, number, inArm, value]) => {
    const unknown = new WireWriter(16);
    if (value % 2) unknown.uint(number, value);
    else unknown.bytes(number, Buffer.alloc(value, value));
    const arm = new WireReader().reset(bytes);
    if (!inArm || !arm.next()) return Buffer.concat([bytes, unknown.view()]);
    const out = new WireWriter(64);
    out.open(arm.field, 64);
    out.raw(bytes, arm.start, arm.stop);
    out.raw(unknown.view());
    out.close();
    return out.take();
  });

/** Texts that are near the JSON form of a frame. */
const nearJson = fc.oneof(
  fc.json(),
  messages(NAME).map(({ desc, bytes }) => toJsonString(desc, fromBinary(desc, bytes))),
  fc
    .tuple(messages(NAME), fc.nat(), fc.string({ unit: "binary", maxLength: 2 }))
    .map(([{ desc, bytes }, at, put]) => {
      const json = toJsonString(desc, fromBinary(desc, bytes));
      const i = at % (json.length + 1);
      return json.slice(0, i) + put + json.slice(i + 1);
    }),
);

describe("any bytes from a client", () => {
  it("never throw, and have exactly one outcome: forwarded, answered, closed or dropped", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated), (bytes) =>
        oneOutcome(bytes, Codec.PROTO),
      ),
      { numRuns: 3000 },
    );
  });

  it("as JSON never throw either, and have exactly one outcome", () => {
    fc.assert(
      fc.property(nearJson, (json) => oneOutcome(Buffer.from(json), Codec.JSON)),
      { numRuns: 1500 },
    );
  });

  it("are forwarded only when an independent reading of them finds no fault", () => {
    let forwarded = 0;
    fc.assert(
      fc.property(mutated, (bytes) => {
        bench.clientWrites(bytes);
        for (const { frame } of bench.passed()) {
          forwarded++;
          assert.equal(faultOf(frame), "");
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(forwarded > 100, `only ${forwarded} frames were forwarded`);
  });

  it("are forwarded whenever a whole frame has no fault", () => {
    fc.assert(
      fc.property(messages(NAME), ({ bytes }) => {
        const frame = ClientFrame.decode(bytes);
        bench.clientWrites(bytes);
        const good = faultOf(frame) === "" && frame.kind?.$case !== "ping";
        assert.equal(bench.passed().length, good ? 1 : 0);
      }),
      { numRuns: 2000 },
    );
  });

  it("hold no field that was not checked when they are forwarded", () => {
    const batches = messageOf("chat.session.v1.CommandBatch");
    const activities = messageOf("chat.presence.v1.ActivityBatch");
    let forwarded = 0;
    fc.assert(
      fc.property(withUnknown, (bytes) => {
        bench.clientWrites(bytes);
        for (const [link, desc] of [
          [bench.links[0], batches] as const,
          [bench.presenceLinks[0], activities] as const,
        ]) {
          const written = link?.takeBytes() ?? Buffer.alloc(0);
          if (written.length > 0) forwarded++;
          assert.ok(!inspect(fromBinary(desc, written), { depth: 9 }).includes("$unknown"));
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(forwarded > 50, `only ${forwarded} frames were forwarded`);
  });

  it("mean the same to three decoders when they are forwarded", () => {
    const desc = messageOf(NAME);
    fc.assert(
      fc.property(fc.oneof(mutated, withUnknown), (bytes) => {
        bench.clientWrites(bytes);
        for (const { frame } of bench.passed()) {
          const merged = fromBinary(desc, ClientFrame.encode(frame as ClientFrame).finish());
          const direct = fromBinary(desc, bytes, { readUnknownFields: false });
          if (frame?.kind?.$case === "pullReceipts") continue;
          assert.deepEqual(toJsonString(desc, direct), toJsonString(desc, merged));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("leave a batch that the generated codec would have written the same way", () => {
    fc.assert(
      fc.property(messages(NAME), ({ bytes }) => {
        bench.clientWrites(bytes);
        const written = bench.links[0]?.takeBytes() ?? Buffer.alloc(0);
        const batch = CommandBatch.decode(written);
        assert.deepEqual(Buffer.from(CommandBatch.encode(batch).finish()), written);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a forged sender", () => {
  it("is inert: no unknown field changes the user or the device", () => {
    const forged = Command.encode({
      gateway: "gw_forged",
      origin: originOf({ user: BOB, device: "dv_000000000000evil" }),
      frame: undefined,
      traceparent: "",
    }).finish();
    fc.assert(
      fc.property(fc.integer({ min: UNKNOWN_ARM, max: 5000 }), (field) => {
        const tag = [
          (((field << 3) | 2) & 127) | 128,
          (((field << 3) >> 7) & 127) | 128,
          field >> 11,
        ];
        const ack = Buffer.from([0x3a, 0]);
        bench.clientWrites(Buffer.concat([ack, Buffer.from([...tag, forged.length]), forged]));
        const [command] = bench.passed();
        assert.deepEqual(command?.origin, originOf());
        assert.equal(command?.frame?.kind?.$case, "ackBases");
      }),
    );
  });

  it("as a JSON key makes the frame undecodable", () => {
    for (const key of ["sender", "user", "origin", "gateway", "device"]) {
      const frame = { ackBases: {}, [key]: BOB };
      bench.clientWrites(Buffer.from(JSON.stringify(frame)), { codec: Codec.JSON });
      assert.deepEqual(bench.passed(), []);
      assert.equal(bench.gateway.take()[0]?.kind?.$case, "close");
    }
  });
});

function oneOutcome(bytes: Uint8Array, codec: Codec): void {
  const before = bench.counters.dropped;
  bench.clientWrites(bytes, { codec });
  const outcomes = bench.passed().length + bench.gateway.take().length;
  const dropped = bench.counters.dropped - before;
  assert.ok(outcomes === 1 || (outcomes === 0 && dropped >= 1), `${outcomes} outcomes`);
  assert.equal(bench.counters.bugs, 0);
}

/** The rules of the contract, written once more over decoded objects. */
function faultOf(frame: ClientFrame | undefined): string {
  const kind = frame?.kind;
  const mine = (id: string) => {
    const [, x = "", y = ""] = /^dm_([0-9a-z]{16})_([0-9a-z]{16})$/.exec(id) ?? [];
    return x < y && [x, y].includes(ALICE.slice(3)) ? "" : `${id} is not the sender's`;
  };
  const needs = (good: boolean, fault: string) => (good ? "" : fault);
  switch (kind?.$case) {
    case "ping":
    case "ackBases":
    case "foreground":
    case "background":
      return "";
    case "typing":
      return mine(kind.value.conversation) || needs(kind.value.kind !== 0, "kind");
    case "watch":
      return needs(/^us_[0-9a-z]{16}$/.test(kind.value.user), "user");
    case "resume":
      return needs(kind.value.token > 0, "token");
    case "send":
      return mine(kind.value.conversation) || sendFault(kind.value);
    case "ack":
    case "read":
    case "replaced":
    case "getMessageInfo":
      return mine(kind.value.conversation) || needs(kind.value.seq > 0, "seq");
    case "nack":
      return (
        mine(kind.value.conversation) ||
        needs(kind.value.seq > 0, "seq") ||
        needs(kind.value.reason !== 0, "reason")
      );
    case "resync":
    case "getLastNumber":
      return mine(kind.value.conversation);
    case "fetchHistory":
      return mine(kind.value.conversation) || needs(kind.value.limit <= 100, "limit");
    case "listConversations":
      return needs(kind.value.limit <= 500 && /^[0-9a-z_]{0,64}$/.test(kind.value.after), "list");
    case "pullReceipts":
      return kind.value.conversations.some((id) => mine(id) === "") ? "" : "nothing to pull";
    default:
      return "no kind";
  }
}

function sendFault({ clientMessageId, number, content }: Send): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(clientMessageId)) return "id";
  if (number < 1) return "number";
  const bytes = Buffer.byteLength(content?.kind?.value.text ?? "");
  return bytes >= 1 && bytes <= 32_768 ? "" : "content";
}
