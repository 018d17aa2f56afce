import assert from "node:assert/strict";
import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { announceDrain, awaitDrain } from "./draining.js";
import { Rig } from "./testing/rig.js";

const setUp = (count: number) => {
  const rig = new Rig().up();
  const clients = Array.from({ length: count }, (_, i) =>
    rig.connect({ codec: i % 2 === 0 ? Codec.PROTO : Codec.JSON }),
  );
  rig.link.take();
  const { connections, end } = rig.edge;
  return { rig, clients, deps: { connections, clock: rig.clock, end, random: Math.random } };
};

describe("draining", () => {
  it("tells every connection once, by codec, each group within the time there is", () => {
    const { rig, deps } = setUp(2501);
    announceDrain(deps, 10_000);
    const drains = rig.link.takeOnly("drain");
    const told = drains.flatMap(({ connections }) => connections).sort((a, b) => a - b);
    assert.deepEqual(
      told,
      [...deps.connections.values()].map(({ id }) => id),
    );
    for (const { connections, codec, delayMs } of drains) {
      assert.ok(connections.length <= 500 && delayMs <= 8000);
      for (const id of connections) assert.equal(deps.connections.get(id)?.ticket.codec, codec);
    }
    assert.ok(new Set(drains.map(({ delayMs }) => delayMs)).size > 10);
  });

  it("closes those that are still there at the end with 4000", async () => {
    const { rig, clients, deps } = setUp(2);
    const drained = awaitDrain(deps, 1000);
    rig.clock.advance(999);
    assert.equal(clients[0]?.socket.closeCode, undefined);
    rig.clock.advance(1);
    await drained;
    assert.deepEqual(
      clients.map(({ socket }) => socket.closeCode),
      [CloseCode.DRAINING, CloseCode.DRAINING],
    );
  });

  it("is over as soon as everybody has left", async () => {
    const { rig, clients, deps } = setUp(2);
    const drained = awaitDrain(deps, 60_000);
    for (const { seat } of clients) rig.edge.closed(seat);
    rig.clock.advance(100);
    await drained;
  });

  it("with nobody there is over at once", async () => {
    const { rig, deps } = setUp(0);
    announceDrain(deps, 1000);
    assert.deepEqual(rig.link.take(), []);
    await awaitDrain(deps, 1000);
  });
});
