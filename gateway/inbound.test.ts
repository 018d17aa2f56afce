import assert from "node:assert/strict";
import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { limits } from "../lib/limits.js";
import { DEVICE, Rig, USER } from "./testing/rig.js";

describe("client frames", () => {
  it("go to the parser as they came, with who sent them", () => {
    const rig = new Rig().up();
    const { seat, connection } = rig.connect();
    const data = Buffer.from([0, 255, 10, 13]);
    rig.edge.message(seat, data, true);
    data.fill(7);
    const [inbound] = rig.link.takeOnly("inbound");
    assert.deepEqual(inbound?.origin, {
      connection: connection.id,
      user: USER,
      device: DEVICE,
      codec: Codec.PROTO,
    });
    assert.deepEqual([...(inbound?.data ?? [])], [0, 255, 10, 13]);
  });

  it("may be as large as the limit; one byte more ends the connection with 4501", () => {
    const rig = new Rig().up();
    const { seat, socket } = rig.connect();
    rig.edge.message(seat, Buffer.alloc(limits.frameBytesMax), true);
    assert.equal(rig.link.takeOnly("inbound").length, 1);
    rig.edge.message(seat, Buffer.alloc(limits.frameBytesMax + 1), true);
    assert.equal(socket.closeCode, CloseCode.FRAME_TOO_LARGE);
    assert.deepEqual(rig.link.takeOnly("detach").length, 1);
  });

  it("of the wrong type end the connection with 4500, in both codecs", () => {
    const rig = new Rig().up();
    const binary = rig.connect();
    rig.edge.message(binary.seat, Buffer.from("{}"), false);
    const text = rig.connect({ codec: Codec.JSON });
    rig.edge.message(text.seat, Buffer.from("{}"), true);
    assert.equal(binary.socket.closeCode, CloseCode.INVALID_FRAME);
    assert.equal(text.socket.closeCode, CloseCode.INVALID_FRAME);
    assert.equal(rig.link.takeOnly("inbound").length, 0);
  });

  it("are limited in number, with a delay in the close reason", () => {
    const rig = new Rig({ frames: { perSecond: 2, burst: 3 } }).up();
    const { seat, socket } = rig.connect();
    for (let i = 0; i < 4; i++) rig.edge.message(seat, Buffer.from("x"), true);
    assert.deepEqual(socket.ended, {
      code: CloseCode.RATE_LIMITED,
      reason: "retry-after-ms=1500",
    });
    assert.equal(rig.link.takeOnly("inbound").length, 3);
  });

  it("are limited in bytes, and may go on after a while", () => {
    const rig = new Rig({ bytes: { perSecond: 1000, burst: 1000 } }).up();
    const { seat, socket } = rig.connect();
    rig.edge.message(seat, Buffer.alloc(900), true);
    rig.clock.advance(900);
    rig.edge.message(seat, Buffer.alloc(900), true);
    assert.equal(socket.ended, undefined);
    rig.edge.message(seat, Buffer.alloc(900), true);
    assert.equal(socket.closeCode, CloseCode.RATE_LIMITED);
  });

  it("are dropped while there is no parser, and the connection stays", () => {
    const rig = new Rig();
    const { seat, socket } = rig.connect();
    rig.edge.message(seat, Buffer.from("x"), true);
    assert.equal(rig.edge.counters.unrouted, 1);
    assert.equal(socket.ended, undefined);
  });

  it("that find no room for long send the connection away for a while", () => {
    const rig = new Rig({ refusedMs: 2000 }).up();
    const { seat, socket } = rig.connect();
    rig.link.full = true;
    rig.edge.message(seat, Buffer.from("x"), true);
    rig.clock.advance(1999);
    rig.edge.message(seat, Buffer.from("x"), true);
    assert.equal(socket.ended, undefined);
    rig.clock.advance(1);
    rig.edge.message(seat, Buffer.from("x"), true);
    assert.deepEqual(socket.ended, { code: CloseCode.OVERLOADED, reason: "retry-after-ms=3000" });
    assert.equal(rig.edge.counters.noRoom, 3);
  });

  it("that find room in between keep the connection", () => {
    const rig = new Rig({ refusedMs: 2000 }).up();
    const { seat, socket } = rig.connect();
    for (let i = 0; i < 4; i++) {
      rig.link.full = i % 2 === 0;
      rig.edge.message(seat, Buffer.from("x"), true);
      rig.clock.advance(1500);
    }
    assert.equal(socket.ended, undefined);
  });

  it("behind the end of the connection are ignored", () => {
    const rig = new Rig().up();
    const { seat, socket } = rig.connect();
    rig.edge.message(seat, Buffer.from("x"), false);
    rig.link.take();
    rig.edge.message(seat, Buffer.from("x"), true);
    assert.ok(socket.ended);
    assert.deepEqual(rig.link.take(), []);
  });
});
