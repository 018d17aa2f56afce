import assert from "node:assert/strict";
import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { WireError } from "../lib/wire/reader.js";
import { receive } from "./testing/fake-link.js";
import { Rig } from "./testing/rig.js";

const texts = (sent: readonly { data: string }[]) => sent.map(({ data }) => data);

describe("pushes", () => {
  it("reach each connection named, in order and with one cork", () => {
    const rig = new Rig().up();
    const [a, b] = [rig.connect(), rig.connect()];
    rig.push({ to: [1, 2], data: "x" }, { to: [1], data: "y" }, { to: [1], data: "z" });
    assert.deepEqual(a.socket.sent, []);
    rig.tick();
    assert.deepEqual(texts(a.socket.sent), ["x", "y", "z"]);
    assert.deepEqual([a.socket.corks, b.socket.corks], [1, 0]);
    assert.deepEqual(b.socket.sent, [{ data: "x", isBinary: true }]);
  });

  it("of several batches in one iteration leave together", () => {
    const rig = new Rig().up();
    const { socket } = rig.connect();
    rig.push({ to: [1], data: "x" });
    rig.push({ to: [1], data: "y" });
    rig.tick();
    assert.deepEqual([texts(socket.sent), socket.corks], [["x", "y"], 1]);
  });

  it("are text for JSON, and never of another codec than the connection's", () => {
    const rig = new Rig().up();
    const { socket } = rig.connect({ codec: Codec.JSON });
    rig.push({ to: [1], data: "{}", codec: Codec.JSON }, { to: [1], data: "no" });
    rig.tick();
    assert.deepEqual(socket.sent, [{ data: "{}", isBinary: false }]);
    assert.equal(rig.edge.counters.pushesDropped, 1);
  });

  it("without a codec break the link", () => {
    const rig = new Rig().up();
    assert.throws(() => rig.push({ to: [1], data: "x", codec: Codec.UNSPECIFIED }), WireError);
  });

  it("to connections that are not here are answered once per batch", () => {
    const rig = new Rig().up();
    rig.connect();
    rig.link.take();
    rig.push({ to: [1, 7], data: "x" }, { to: [7, 8], data: "y" });
    assert.deepEqual(rig.link.take(), [{ $case: "notHere", value: { connections: [7, 8] } }]);
    rig.push({ to: [1], data: "z" });
    assert.deepEqual(rig.link.take(), []);
  });

  it("to a connection that ended in between go nowhere", () => {
    const rig = new Rig().up();
    const { seat, socket } = rig.connect();
    rig.push({ to: [1], data: "x" }, { to: [1], data: "y" });
    rig.edge.closed(seat);
    rig.tick();
    assert.deepEqual(socket.sent, []);
  });

  it("before a Close go out before it", () => {
    const rig = new Rig().up();
    const { socket } = rig.connect();
    rig.push({ to: [1], data: "last words" });
    rig.close(1, CloseCode.SUPERSEDED, "a newer connection took over");
    assert.deepEqual(texts(socket.sent), ["last words"]);
    assert.equal(socket.closeCode, 4509);
    rig.tick();
  });
});

describe("a connection that does not read", () => {
  const stalled = () => {
    const rig = new Rig({ bufferBytes: 1000, stuckMs: 30_000 }).up();
    const client = rig.connect();
    rig.link.take();
    client.socket.buffered = 1001;
    rig.push({ to: [1], data: "x" });
    rig.tick();
    return { rig, ...client };
  };

  it("is stalled above its bound: its pushes are dropped, the others' are not", () => {
    const { rig, socket } = stalled();
    const other = rig.connect();
    assert.equal(rig.link.takeOnly("stalled").length, 1);
    rig.push({ to: [1, 2], data: "y" });
    rig.tick();
    assert.deepEqual([texts(socket.sent), texts(other.socket.sent)], [["x"], ["y"]]);
  });

  it("is attached again below the low-water mark, not before", () => {
    const { rig, seat, socket } = stalled();
    rig.link.take();
    socket.buffered = 251;
    rig.edge.drained(seat);
    assert.deepEqual(rig.link.take(), []);
    socket.buffered = 250;
    rig.edge.drained(seat);
    rig.edge.drained(seat);
    assert.equal(rig.link.takeOnly("attach").length, 1);
    rig.push({ to: [1], data: "y" });
    rig.tick();
    assert.deepEqual(texts(socket.sent), ["x", "y"]);
  });

  it("gets nothing behind a message that the server dropped", () => {
    const rig = new Rig().up();
    const { socket } = rig.connect();
    rig.link.take();
    socket.results.push(1, 2, 1, 1);
    for (const data of ["a", "b", "c"]) rig.push({ to: [1], data });
    rig.tick();
    rig.push({ to: [1], data: "d" });
    rig.tick();
    assert.deepEqual(texts(socket.sent), ["a"]);
    assert.equal(rig.link.takeOnly("stalled").length, 1);
    assert.equal(rig.edge.counters.pushesDropped, 3);
  });

  it("is closed with 4002 when it takes nothing for 30 s, and kept while it takes a little", () => {
    const { rig, socket } = stalled();
    for (let i = 1; i <= 6; i++) {
      rig.clock.advance(20_000);
      socket.buffered = 1001 - i;
    }
    assert.equal(socket.ended, undefined);
    rig.clock.advance(31_000);
    assert.equal(socket.closeCode, CloseCode.SLOW_CONSUMER);
  });

  it("collects no more than its bound before it is sent", () => {
    const rig = new Rig({ bufferBytes: 1000 }).up();
    const { socket, connection } = rig.connect();
    const data = "x".repeat(400);
    rig.push(...Array.from({ length: 50 }, () => ({ to: [1], data })));
    assert.ok(connection.pendingBytes <= 1000);
    rig.tick();
    assert.equal(socket.sent.length, 50);
  });

  it("has no more unsent than its bound: what would go beyond is dropped", () => {
    for (const together of [true, false]) {
      const rig = new Rig({ bufferBytes: 1000 }).up();
      const { socket } = rig.connect();
      rig.link.take();
      socket.full = true;
      for (let n = 1; n <= 5; n++) {
        rig.push({ to: [1], data: `${n}`.repeat(300) });
        if (!together) rig.tick();
      }
      rig.tick();
      assert.equal(socket.buffered, 900);
      assert.equal(rig.link.takeOnly("stalled").length, 1);
      assert.equal(rig.edge.counters.pushesDropped, 2);
    }
  });

  it("has one message beyond its bound, if nothing else is unsent", () => {
    const rig = new Rig({ bufferBytes: 1000 }).up();
    const { socket, seat } = rig.connect();
    rig.link.take();
    socket.full = true;
    rig.push({ to: [1], data: "x".repeat(3000) }, { to: [1], data: "y" });
    rig.tick();
    assert.equal(socket.buffered, 3000);
    assert.equal(rig.link.takeOnly("stalled").length, 1);
    socket.buffered = 0;
    rig.edge.drained(seat);
    rig.push({ to: [1], data: "z".repeat(2000) });
    rig.tick();
    assert.equal(socket.buffered, 2000);
  });

  it("is not stalled by a message that fits once it has caught up", () => {
    const rig = new Rig({ bufferBytes: 1000 }).up();
    const { socket, seat } = rig.connect();
    rig.link.take();
    socket.full = true;
    rig.push({ to: [1], data: "x".repeat(900) });
    rig.tick();
    socket.buffered = 0;
    rig.edge.drained(seat);
    rig.push({ to: [1], data: "y".repeat(900) });
    rig.tick();
    assert.deepEqual([socket.sent.length, rig.link.take()], [2, []]);
  });
});

describe("a Close from the mesh", () => {
  it("for an unknown connection changes nothing", () => {
    const rig = new Rig().up();
    rig.close(5, 4509);
    assert.deepEqual(rig.link.take(), []);
  });

  it("with a code clients do not know breaks the link", () => {
    const rig = new Rig().up();
    rig.connect();
    for (const code of [0, 1000, 3999, 5000]) assert.throws(() => rig.close(1, code), WireError);
  });

  it("carries a reason that fits", () => {
    const rig = new Rig().up();
    const { socket } = rig.connect();
    rig.close(1, 4001, "é".repeat(200));
    assert.equal(socket.ended?.reason, "é".repeat(50));
  });

  it("is one of the frames known; others are ignored", () => {
    const rig = new Rig().up();
    receive(rig.edge, rig.link, [{ kind: 99, body: Buffer.from("junk") }]);
  });
});
