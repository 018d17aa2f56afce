import assert from "node:assert/strict";
import fc from "fast-check";
import { Codec, GatewayBatch, type GatewayFrame } from "../../gen/chat/parser/v1/parser.js";
import { limits } from "../limits.js";
import { Outgoing } from "./outgoing.js";

interface Inbound {
  readonly connection: number;
  readonly user: string;
  readonly data: Uint8Array;
  /** How wrong the writer's idea of the length is. */
  readonly hintError: number;
}

function generated(frames: readonly Inbound[]): Uint8Array {
  return GatewayBatch.encode({
    frames: frames.map(
      ({ connection, user, data }): GatewayFrame => ({
        kind: {
          $case: "inbound",
          value: {
            origin: { connection, user, device: "dv_1", codec: Codec.PROTO },
            data: Buffer.from(data),
            traceparent: "",
          },
        },
      }),
    ),
  }).finish();
}

function write(out: Outgoing, { connection, user, data, hintError }: Inbound): void {
  const writer = out.begin(2, Math.max(0, data.length + 40 + hintError));
  writer.open(1, 30);
  writer.uint(1, connection);
  writer.string(2, user);
  writer.ascii(3, "dv_1");
  writer.uint(4, Codec.PROTO);
  writer.close();
  writer.bytes(2, data);
  out.end();
}

function takeAll(out: Outgoing): Buffer[] {
  const batches: Buffer[] = [];
  for (let batch = out.take(); batch; batch = out.take()) batches.push(batch);
  return batches;
}

const inbound = fc.record({
  connection: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  user: fc.string({ unit: "grapheme", maxLength: 40 }),
  data: fc.uint8Array({ maxLength: 400 }),
  hintError: fc.integer({ min: -400, max: 20_000 }),
});

describe("outgoing batches", () => {
  it("are byte for byte what the generated codec writes", () => {
    fc.assert(
      fc.property(fc.array(inbound, { maxLength: 20 }), (frames) => {
        const out = new Outgoing();
        for (const frame of frames) write(out, frame);
        const batches = takeAll(out);
        assert.deepEqual(Buffer.concat(batches), Buffer.from(generated(frames)));
        assert.equal(out.bytes, 0);
      }),
    );
  });

  it("are cut between frames, and never above the bound of a gRPC message", () => {
    const out = new Outgoing();
    const frames: Inbound[] = Array.from({ length: 300 }, (_, i) => ({
      connection: i + 1,
      user: "us_1",
      data: Buffer.alloc(1 + ((i * 7919) % 20_000), i),
      hintError: i % 3 === 0 ? -i * 50 : 0,
    }));
    for (const frame of frames) write(out, frame);
    const total = out.bytes;
    const batches = takeAll(out);
    assert.ok(batches.length > 1);
    assert.equal(
      batches.reduce((sum, b) => sum + b.length, 0),
      total,
    );
    for (const batch of batches) assert.ok(batch.length <= limits.batchBytesMax);
    const decoded = batches.flatMap((batch) => GatewayBatch.decode(batch).frames);
    assert.deepEqual(
      Buffer.from(GatewayBatch.encode({ frames: decoded }).finish()),
      Buffer.from(generated(frames)),
    );
  });

  it("start a new batch rather than pass the bound", () => {
    const out = new Outgoing();
    const half = { connection: 1, user: "", data: Buffer.alloc(300_000), hintError: -300_000 };
    write(out, half);
    write(out, half);
    const batches = takeAll(out);
    assert.equal(batches.length, 2);
  });

  it("never write again to bytes that were handed over", () => {
    const out = new Outgoing();
    const taken: [batch: Buffer, copy: Buffer][] = [];
    for (let i = 0; i < 2000; i++) {
      write(out, {
        connection: i,
        user: "u",
        data: Buffer.alloc(i % 300, i),
        hintError: -(i % 200),
      });
      for (const batch of takeAll(out)) taken.push([batch, Buffer.from(batch)]);
    }
    for (const [batch, copy] of taken) assert.ok(batch.equals(copy));
  });

  it("drop a frame that was begun and never ended", () => {
    const out = new Outgoing();
    const kept = { connection: 1, user: "us_1", data: Buffer.from("kept"), hintError: 0 };
    write(out, kept);
    out.begin(2, 10).open(1, 5);
    write(out, kept);
    out.begin(2, 10);
    assert.deepEqual(takeAll(out).map(Buffer.from), [Buffer.from(generated([kept, kept]))]);
  });

  it("refuse a frame that no peer could receive, and go on", () => {
    const out = new Outgoing();
    const kept = { connection: 1, user: "us_1", data: Buffer.from("kept"), hintError: 0 };
    write(out, kept);
    const huge = { ...kept, data: Buffer.alloc(limits.grpcMessageBytesMax) };
    assert.throws(() => write(out, huge), /a frame of \d+ bytes is above/);
    write(out, kept);
    assert.deepEqual(Buffer.concat(takeAll(out)), Buffer.from(generated([kept, kept])));
  });

  it("say how many bytes are queued", () => {
    const out = new Outgoing();
    assert.equal(out.take(), undefined);
    write(out, { connection: 1, user: "us_1", data: Buffer.alloc(1000), hintError: 0 });
    const { bytes } = out;
    assert.equal(out.take()?.length, bytes);
    write(out, { connection: 1, user: "us_1", data: Buffer.alloc(1000), hintError: 0 });
    out.clear();
    assert.equal(out.bytes, 0);
    assert.equal(out.take(), undefined);
  });
});
