import assert from "node:assert/strict";
import fc from "fast-check";
import { Codec, Origin } from "../gen/chat/parser/v1/parser.js";
import { newId } from "../lib/ids.js";
import { OriginView } from "./origin.js";

const encode = (origin: Origin) => Buffer.from(Origin.encode(origin).finish());
const fresh = (connection: number): Origin => ({
  connection,
  user: newId("us"),
  device: newId("dv"),
  codec: Codec.PROTO,
});

describe("the origin of a frame", () => {
  it("is read the same the first time and later, wherever it lies", () => {
    const view = new OriginView();
    // Few connections and two devices that differ in one place only: the remembered ones are in each other's way.
    const first = fresh(1);
    const other = { ...first, device: `${first.device.slice(0, 5)}z${first.device.slice(6)}` };
    const origins = [first, other, { ...first, connection: 300 }, fresh(1), fresh(2)];
    fc.assert(
      fc.property(fc.nat({ max: origins.length - 1 }), fc.nat({ max: 9 }), (which, at) => {
        const origin = origins[which] as Origin;
        const bytes = encode(origin);
        const buf = Buffer.concat([Buffer.alloc(at, 7), bytes, Buffer.alloc(3, 9)]);
        assert.ok(view.read(buf, at, at + bytes.length));
        const { connection, user, codec } = view;
        assert.deepEqual([connection, user, codec], [origin.connection, origin.user, origin.codec]);
      }),
      { numRuns: 500 },
    );
  });

  it("is refused each time when an id is none", () => {
    const view = new OriginView();
    const good = fresh(1);
    const device = `${good.device.slice(0, 4)}_${good.device.slice(5)}`;
    for (let i = 0; i < 3; i++) {
      for (const bad of [
        { ...good, device },
        { ...good, user: "us_x" },
        { ...good, connection: 0 },
      ]) {
        const bytes = encode(bad);
        assert.equal(view.read(bytes, 0, bytes.length), false);
      }
      const bytes = encode(good);
      assert.ok(view.read(bytes, 0, bytes.length));
    }
  });

  it("keeps no hold of the buffer it was read from", () => {
    const view = new OriginView();
    const origin = fresh(5);
    const bytes = encode(origin);
    const buf = Buffer.from(bytes);
    view.read(buf, 0, buf.length);
    buf.fill(0);
    assert.ok(view.read(bytes, 0, bytes.length));
    assert.equal(view.user, origin.user);
  });
});
