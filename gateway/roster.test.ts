import assert from "node:assert/strict";
import fc from "fast-check";
import type { RosterChunk } from "../gen/chat/parser/v1/parser.js";
import { limits } from "../lib/limits.js";
import { FakeLink, receive } from "./testing/fake-link.js";
import { type Client, Rig } from "./testing/rig.js";

const idsOf = ({ connections }: RosterChunk) =>
  connections.map(({ origin }) => origin?.connection ?? 0);

describe("the roster", () => {
  it("goes out on every new link, and lists everybody with what Attach said", () => {
    const rig = new Rig();
    rig.connect({ connect: 41 });
    const gone = rig.connect();
    rig.connect({ connect: 43 });
    rig.edge.closed(gone.seat);
    rig.edge.up(rig.link);
    rig.settle();
    const [chunk, ...rest] = rig.link.takeOnly("rosterChunk");
    assert.deepEqual([chunk?.first, chunk?.last, rest.length], [1, 3, 0]);
    assert.deepEqual(
      chunk?.connections.map(({ origin, connect }) => [origin?.connection, connect]),
      [
        [1, 41],
        [3, 43],
      ],
    );
  });

  it("says nothing while no id was issued, and that nobody is there when all have left", () => {
    const rig = new Rig().up();
    rig.edge.roster.want(rig.link);
    rig.settle();
    assert.deepEqual(rig.link.take(), []);
    rig.edge.closed(rig.connect().seat);
    rig.edge.roster.want(rig.link);
    rig.settle();
    assert.deepEqual(rig.link.takeOnly("rosterChunk"), [{ first: 1, last: 1, connections: [] }]);
  });

  it("is repeated about every 15 s", () => {
    const rig = new Rig({ rosterMs: 15_000 }).up();
    rig.connect();
    for (let i = 0; i < 3; i++) {
      rig.link.take();
      rig.clock.advance(15_000);
      rig.settle();
      assert.equal(rig.link.takeOnly("rosterChunk").length, 1);
    }
  });

  it("is sent when the parser asks for it, over that link", () => {
    const rig = new Rig().up();
    const other = new FakeLink();
    rig.up(other);
    rig.connect();
    receive(rig.edge, other, [{ kind: 4, body: Buffer.alloc(0) }]);
    rig.settle();
    assert.equal(other.takeOnly("rosterChunk").length, 1);
    assert.equal(rig.link.takeOnly("rosterChunk").length, 0);
  });

  it("is asked for again in the middle: it goes out once more afterwards", () => {
    const rig = new Rig().up();
    for (let i = 0; i < limits.rosterChunkMax + 1; i++) rig.connect();
    rig.link.take();
    rig.edge.roster.want(rig.link);
    rig.tick();
    rig.edge.roster.want(rig.link);
    rig.settle();
    const firsts = rig.link.takeOnly("rosterChunk").map(({ first }) => first);
    assert.deepEqual(firsts, [1, 501, 1, 501]);
  });

  it("stops with its link and starts again on the next", () => {
    const rig = new Rig().up();
    for (let i = 0; i < limits.rosterChunkMax + 1; i++) rig.connect();
    rig.edge.roster.want(rig.link);
    rig.tick();
    rig.link.destroy();
    rig.edge.down(rig.link);
    rig.settle();
    const next = new FakeLink();
    rig.edge.up(next);
    rig.settle();
    assert.deepEqual(next.takeOnly("rosterChunk").flatMap(idsOf).length, 501);
  });

  it("repeats Attach after a stall, however many rosters are asked for: an old Stalled came last by another parser", () => {
    const rig = new Rig({ bufferBytes: 1000, rosterMs: 15_000 }).up();
    const { seat, socket } = rig.connect();
    socket.buffered = 1001;
    rig.push({ to: [1], data: "x" });
    rig.tick();
    const kinds = () => {
      rig.link.take();
      rig.edge.roster.want(rig.link);
      rig.settle();
      return rig.link.take().map(({ $case }) => $case);
    };
    assert.deepEqual(kinds(), ["rosterChunk", "stalled"]);
    socket.buffered = 0;
    rig.edge.drained(seat);
    for (let i = 0; i < 5; i++) assert.deepEqual(kinds(), ["rosterChunk", "attach"]);
    rig.clock.advance(30_000);
    rig.settle();
    assert.deepEqual(kinds(), ["rosterChunk", "attach"]);
    rig.clock.advance(15_000);
    rig.settle();
    assert.deepEqual(kinds(), ["rosterChunk"]);
  });

  it("under any interleaving covers a gapless range and speaks for no id issued later", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("open" as const), n: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ kind: fc.constant("close" as const), n: fc.nat() }),
      fc.record({ kind: fc.constant("tick" as const), n: fc.constant(1) }),
      fc.record({ kind: fc.constant("want" as const), n: fc.constant(1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model = new Model();
        for (const { kind, n } of steps) model[kind](n);
        model.finish();
      }),
      { numRuns: 60 },
    );
  });
});

/** A home as the contract describes it, fed by the roster alone, beside the connections as they really are. */
class Model {
  readonly rig = new Rig().up();
  readonly live = new Map<number, Client>();
  #next = 1;

  open(n: number): void {
    for (let i = 0; i < n; i++) {
      const client = this.rig.connect();
      this.live.set(client.connection.id, client);
    }
    this.#look();
  }

  close(n: number): void {
    const clients = [...this.live.values()];
    const client = clients[n % Math.max(1, clients.length)];
    if (!client) return;
    this.live.delete(client.connection.id);
    this.rig.edge.closed(client.seat);
    this.#look();
  }

  tick(): void {
    this.rig.tick();
    this.#look();
  }

  want(): void {
    this.rig.edge.roster.want(this.rig.link);
    this.#look();
  }

  finish(): void {
    this.rig.settle();
    this.#look();
    this.want();
    this.rig.settle();
    const { issued } = this.rig.edge.connections;
    const chunks = this.rig.link.takeOnly("rosterChunk");
    assert.deepEqual(chunks.flatMap(idsOf), [...this.live.keys()]);
    assert.equal(chunks.at(-1)?.last ?? 0, issued);
  }

  /** Each chunk is looked at in the same moment it was written, so it must match who is there now. */
  #look(): void {
    for (const chunk of this.rig.link.takeOnly("rosterChunk")) {
      assert.ok(chunk.first === 1 || chunk.first === this.#next);
      assert.ok(chunk.first <= chunk.last);
      assert.ok(chunk.last <= this.rig.edge.connections.issued);
      assert.ok(chunk.connections.length <= limits.rosterChunkMax);
      const there = [...this.live.keys()].filter((id) => id >= chunk.first && id <= chunk.last);
      assert.deepEqual(idsOf(chunk), there);
      this.#next = chunk.last + 1;
    }
  }
}
