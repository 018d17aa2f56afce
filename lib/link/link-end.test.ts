import assert from "node:assert/strict";
import fc from "fast-check";
import type { LinkControl } from "../../gen/chat/common/v1/link.js";
import { GatewayBatch, ParserBatch, type ParserFrame } from "../../gen/chat/parser/v1/parser.js";
import { linkContract } from "../contract.js";
import { FakeClock } from "../fake-clock.js";
import { limits } from "../limits.js";
import { silentLogger } from "../log.js";
import { FakeStream } from "./fake-stream.js";
import { LinkEnd } from "./link-end.js";
import { LinkMeters } from "./meter.js";
import { Recorder, send } from "./recorder.js";

const contract = linkContract("chat.parser.v1.Parsers");
/** The same link with an arm of each class, numbered 2 to 6 for P0 to P4. */
const allClasses = { ...contract, up: [...contract.up.slice(0, 2), 0, 1, 2, 3, 4] as const };

type Control = NonNullable<LinkControl["kind"]>;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function batch(...frames: ParserFrame[]): Buffer {
  return Buffer.from(ParserBatch.encode({ frames }).finish());
}

function control(kind: Control): ParserFrame {
  return { kind: { $case: "control", value: { kind } } };
}

function hello(credits: number[] = [0, 100, 100, 100, 100]): ParserFrame {
  const value = { instance: "parser-1", boot: "bt_far", credits };
  return control({ $case: "hello", value });
}

const push: ParserFrame = {
  kind: { $case: "push", value: { connections: [1, 2], data: Buffer.from("data"), codec: 1 } },
};

function dialed() {
  const stream = new FakeStream();
  const handler = new Recorder();
  const clock = new FakeClock();
  const meters = new LinkMeters();
  const self = { instance: "gateway-1", boot: "gw_near" };
  const end = new LinkEnd({
    contract: allClasses,
    side: "dial",
    stream,
    handler,
    self,
    clock,
    log: silentLogger,
    meters,
  });
  const controls = () =>
    stream.written
      .flatMap((written) => GatewayBatch.decode(written).frames)
      .flatMap(({ kind }) => (kind?.$case === "control" ? [kind.value.kind] : []));
  return { stream, handler, clock, meters, end, controls };
}

async function established(credits?: number[]) {
  const rig = dialed();
  rig.stream.sink.message(batch(hello(credits)));
  await turn();
  return rig;
}

describe("one end of a link", () => {
  it("says Hello first, with its windows", async () => {
    const { controls } = dialed();
    await turn();
    assert.deepEqual(controls(), [
      {
        $case: "hello",
        value: { instance: "gateway-1", boot: "gw_near", credits: [...limits.linkWindowFrames] },
      },
    ]);
  });

  it("is up when the peer's Hello has come", () => {
    const { stream, handler, end } = dialed();
    assert.equal(end.established, false);
    stream.sink.message(batch(hello(), push));
    assert.deepEqual(handler.link.peer, { instance: "parser-1", boot: "bt_far" });
    assert.equal(handler.frames.length, 1);
    assert.deepEqual(handler.batchEnds, [1]);
  });

  for (const [what, bytes] of [
    ["a frame before the Hello", batch(push)],
    ["another control before the Hello", batch(control({ $case: "heartbeat", value: {} }))],
    ["a second Hello", batch(hello(), hello())],
    [
      "a Hello with a bad name",
      batch(control({ $case: "hello", value: { instance: "A b", boot: "x", credits: [] } })),
    ],
    [
      "a Hello without a boot id",
      batch(control({ $case: "hello", value: { instance: "a", boot: "", credits: [] } })),
    ],
    ["a truncated batch", batch(hello(), push).subarray(0, -1)],
    ["a frame with two arms", Buffer.concat([batch(hello()), Buffer.from("0a0412001a00", "hex")])],
    [
      "an arm of the wrong wire type",
      Buffer.concat([batch(hello()), Buffer.from("0a021001", "hex")]),
    ],
  ] as const) {
    it(`breaks on ${what} and says why`, async () => {
      const { stream, end, handler } = dialed();
      stream.sink.message(bytes);
      assert.equal(end.alive, false);
      assert.equal(stream.ended?.how, "invalid");
      assert.match(stream.ended?.why ?? "", /^malformed batch: ./);
      await turn();
      assert.equal(handler.downs.length, handler.ups.length);
    });
  }

  it("never throws and never says more than down on random bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }),
        async (all) => {
          const { stream, handler, end } = await established();
          for (const bytes of all) stream.sink.message(Buffer.from(bytes));
          await turn();
          assert.equal(handler.downs.length, end.alive ? 0 : 1);
          end.destroy("done");
        },
      ),
    );
  });

  it("skips frames of kinds it does not know", async () => {
    const { stream, end, handler } = await established();
    stream.sink.message(Buffer.concat([Buffer.from("0a03fa0100", "hex"), batch(push)]));
    assert.equal(end.alive, true);
    assert.equal(handler.frames.length, 1);
    assert.equal(end.counts.unknownIn, 1);
  });

  it("hands on the body of each arm as the generated codec reads it", async () => {
    const { stream, handler } = await established();
    stream.sink.message(batch(push, push));
    for (const { kind, body } of handler.frames) {
      assert.equal(kind, 2);
      const inner = Buffer.concat([Buffer.from([0x0a, body.length + 2, 0x12, body.length]), body]);
      assert.deepEqual(ParserBatch.decode(inner).frames, [push]);
    }
  });

  it("refuses a class without credits, P0 never, and goes on after a Credit", async () => {
    const { stream, end } = await established([0, 3, 2]);
    const sent = (kind: number) => {
      let n = 0;
      while (n < 50 && send(end, kind, Buffer.from("x"))) n++;
      return n;
    };
    assert.deepEqual([2, 3, 4, 5].map(sent), [50, 3, 2, 0]);
    assert.equal(end.hasRoom(1), false);
    assert.equal(end.hasRoom(0), true);
    stream.sink.message(batch(control({ $case: "credit", value: { frames: [0, 2] } })));
    assert.equal(sent(3), 2);
    stream.sink.message(batch(control({ $case: "credit", value: { frames: [9, 1_000_000] } })));
    assert.equal(sent(3), 3);
    assert.deepEqual(end.counts.refused, [0, 3, 1, 1, 0]);
  });

  it("gives credits back when half a window was handled", async () => {
    const { stream, controls } = await established();
    const half = limits.linkWindowFrames[1] / 2;
    const frames: ParserFrame[] = Array(half - 1).fill(push);
    stream.sink.message(batch(...frames));
    await turn();
    assert.equal(controls().filter((c) => c?.$case === "credit").length, 0);
    stream.sink.message(batch(push));
    await turn();
    const credit = controls().find((c) => c?.$case === "credit");
    assert.deepEqual(credit?.value, { frames: [0, half, 0, 0, 0] });
  });

  it("refuses the less important classes first while the peer does not read", async () => {
    const { stream, end } = await established([0, 1e6, 1e6, 1e6, 1e6]);
    stream.takes = false;
    send(end, 2, Buffer.alloc(1));
    await turn();
    const full = [6, 5, 4, 3].map((kind) => {
      while (send(end, kind, Buffer.alloc(10_000)));
      return end.queuedBytes;
    });
    const shares = full.map((bytes) => Math.round((bytes / limits.linkQueueBytesMax) * 100));
    assert.deepEqual(shares, [13, 25, 50, 75]);
    assert.equal(stream.written.length, 2);
    stream.takes = true;
    stream.sink.drained();
    assert.equal(end.queuedBytes, 0);
    assert.ok([1, 2, 3, 4].every((cls) => end.hasRoom(cls as 1 | 2 | 3 | 4)));
  });

  it("breaks a link whose peer is stuck, when even P0 is over the bound", async () => {
    const { stream, end, handler } = await established();
    stream.takes = false;
    let sent = 0;
    while (send(end, 2, Buffer.alloc(100_000))) sent++;
    assert.ok(sent >= 80 && sent < 90);
    assert.match(stream.ended?.why ?? "", /the peer is stuck/);
    assert.equal(handler.downs.length, 0);
    await turn();
    assert.equal(handler.downs.length, 1);
    assert.equal(end.queuedBytes, 0);
  });

  it("shows a heartbeat every 5 s and dies when the peer is silent for 15 s", async () => {
    const { stream, clock, end, handler, controls } = await established();
    for (let i = 0; i < 10; i++) {
      clock.advance(5_000);
      stream.sink.message(batch(control({ $case: "heartbeat", value: {} })));
    }
    await turn();
    assert.equal(controls().filter((c) => c?.$case === "heartbeat").length, 10);
    clock.advance(15_000);
    assert.equal(end.alive, true);
    clock.advance(5_000);
    assert.equal(end.alive, false);
    await turn();
    assert.deepEqual(handler.downs, ["the peer is silent for 15 s"]);
    assert.equal(clock.pending, 0);
  });

  it("dies when no Hello comes", () => {
    const { clock, end } = dialed();
    clock.advance(20_000);
    assert.equal(end.alive, false);
  });

  it("calls down once, and not from within destroy", async () => {
    const { stream, end, handler, meters } = await established();
    end.destroy("first");
    end.destroy("second");
    stream.sink.closed("third");
    assert.equal(handler.downs.length, 0);
    assert.equal(send(end, 2, Buffer.alloc(1)), false);
    await turn();
    assert.deepEqual(handler.downs, ["first"]);
    assert.deepEqual([...meters.live], []);
    assert.ok(meters.totals().framesIn > 0);
  });

  it("survives being destroyed in the middle of a frame", async () => {
    const { end } = await established();
    const writer = end.begin(2, 10);
    end.destroy("in the middle");
    writer?.uint(1, 5);
    end.end();
    await turn();
    assert.equal(end.queuedBytes, 0);
  });

  it("breaks, and the process lives, when the handler fails", async () => {
    const { stream, handler, end } = await established();
    handler.onFrame = () => {
      throw new Error("a bug");
    };
    stream.sink.message(batch(push));
    assert.deepEqual(stream.ended, { how: "broken", why: "the receiver failed" });
    assert.equal(end.alive, false);
  });

  it("tells the handler that the peer will end", async () => {
    const { stream, handler } = await established();
    stream.sink.message(batch(control({ $case: "draining", value: { delayMs: 300 } })));
    assert.deepEqual(handler.drainings, [300]);
  });

  it("throws when a frame is begun that the contract does not have", async () => {
    const { end } = await established();
    assert.throws(() => end.begin(99, 10), /no frame 99 on \/chat\.parser/);
  });
});
