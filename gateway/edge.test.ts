import assert from "node:assert/strict";
import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { FakeLink } from "./testing/fake-link.js";
import { DEVICE, Rig, USER } from "./testing/rig.js";

describe("a connection", () => {
  it("is attached and detached at once, under ids 1, 2, 3…", () => {
    const rig = new Rig().up();
    const a = rig.connect({ connect: 9 });
    const b = rig.connect();
    rig.edge.closed(a.seat);
    rig.edge.closed(a.seat);
    const kinds = rig.link
      .take()
      .map(({ $case, value }) => [$case, "origin" in value ? value.origin?.connection : 0]);
    assert.deepEqual(kinds, [
      ["attach", 1],
      ["attach", 2],
      ["detach", 1],
    ]);
    assert.equal(rig.edge.connections.get(2), b.connection);
    assert.equal(rig.connect().connection.id, 3);
  });

  it("ends with 4003 when its token has expired, 30 s tolerated", () => {
    const rig = new Rig().up();
    const { socket } = rig.connect({ expiresMs: rig.clock.wallMs() + 60_000 });
    rig.clock.advance(89_000);
    assert.equal(socket.closeCode, undefined);
    rig.clock.advance(2000);
    assert.equal(socket.closeCode, CloseCode.TOKEN_EXPIRED);
  });

  it("ends with 4005 at the end of its life, which is jittered", () => {
    const rig = new Rig({ lifetimeMs: 100_000 }).up();
    const { socket } = rig.connect();
    rig.clock.advance(94_000);
    assert.equal(socket.closeCode, undefined);
    rig.clock.advance(2000);
    assert.equal(socket.closeCode, CloseCode.LIFETIME);
  });

  it("ends with 4503 when its device is revoked; the user's other devices stay", () => {
    const rig = new Rig().up();
    const revoked = [rig.connect(), rig.connect()];
    const other = rig.connect({ device: "dv_000000000000000b" });
    rig.edge.revoked(USER, DEVICE);
    assert.deepEqual(
      revoked.map(({ socket }) => socket.closeCode),
      [CloseCode.REVOKED, CloseCode.REVOKED],
    );
    assert.equal(other.socket.closeCode, undefined);
  });
});

describe("several parser links", () => {
  const setUp = () => {
    const rig = new Rig().up();
    const second = new FakeLink();
    rig.up(second);
    const clients = [rig.connect(), rig.connect(), rig.connect(), rig.connect()];
    return { rig, first: rig.link, second, clients };
  };

  it("share the connections; each connection keeps its own", () => {
    const { rig, first, second, clients } = setUp();
    first.take();
    second.take();
    for (let i = 0; i < 3; i++) {
      for (const { seat } of clients) rig.edge.message(seat, Buffer.from(`${i}`), true);
    }
    for (const link of [first, second]) {
      const frames = link.takeOnly("inbound");
      assert.equal(frames.length, 6);
      assert.equal(new Set(frames.map(({ origin }) => origin?.connection)).size, 2);
    }
  });

  it("take over from one that broke, with the roster at once", () => {
    const { rig, first, second, clients } = setUp();
    first.destroy();
    rig.edge.down(first);
    rig.settle();
    second.take();
    rig.edge.roster.want(second);
    rig.settle();
    assert.equal(second.takeOnly("rosterChunk")[0]?.connections.length, 4);
    for (const { seat } of clients) rig.edge.message(seat, Buffer.from("x"), true);
    assert.equal(second.takeOnly("inbound").length, 4);
  });

  it("take over from one that announces its end, and get no new ones from it", () => {
    const { rig, first, second, clients } = setUp();
    rig.edge.draining(first);
    rig.settle();
    first.take();
    rig.connect();
    for (const { seat } of clients) rig.edge.message(seat, Buffer.from("x"), true);
    assert.equal(first.takeOnly("inbound").length, 0);
    assert.equal(second.takeOnly("inbound").length, 4);
  });

  it("when all announce their end are used until they do", () => {
    const { rig, first, second, clients } = setUp();
    for (const link of [first, second]) rig.edge.draining(link);
    first.take();
    second.take();
    for (const { seat } of clients) rig.edge.message(seat, Buffer.from("x"), true);
    const taken = [first, second].map((link) => link.takeOnly("inbound").length);
    assert.equal((taken[0] ?? 0) + (taken[1] ?? 0), 4);
    const third = new FakeLink();
    rig.up(third);
    rig.edge.message((clients[0] as (typeof clients)[0]).seat, Buffer.from("x"), true);
    assert.equal(third.takeOnly("inbound").length, 1);
  });

  it("being all gone, connections wait and are attached by the roster of the next", () => {
    const { rig, first, second, clients } = setUp();
    for (const link of [first, second]) {
      link.destroy();
      rig.edge.down(link);
    }
    assert.equal(rig.edge.links.any, undefined);
    const next = new FakeLink();
    rig.edge.up(next);
    rig.settle();
    assert.equal(next.takeOnly("rosterChunk")[0]?.connections.length, clients.length);
  });
});
