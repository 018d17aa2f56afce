import assert from "node:assert/strict";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { field, type Item, message, uint, writeOurs, writeTheirs } from "./items.js";
import { Encoded, varintSize, WireWriter } from "./writer.js";

describe("wire writer", () => {
  it("writes byte for byte what another writer does, whatever the hints and the first size", () => {
    fc.assert(
      fc.property(message, fc.nat({ max: 64 }), (items, size) => {
        const ours = writeOurs(new WireWriter(size), items).view();
        const theirs = writeTheirs(new BinaryWriter(), items).finish();
        assert.deepEqual(ours, Buffer.from(theirs));
      }),
      { numRuns: 500 },
    );
  });

  it("writes text with lone surrogates as the generated codec does", () => {
    const items: Item[] = [{ type: "string", field: 1, value: "a\ud800b" }];
    const ours = writeOurs(new WireWriter(), items).view();
    assert.deepEqual(ours, Buffer.from(writeTheirs(new BinaryWriter(), items).finish()));
  });

  it("knows the size of a varint", () => {
    fc.assert(
      fc.property(uint, (value) => {
        const bytes = new BinaryWriter().uint64(value).finish();
        assert.equal(varintSize(value), bytes.length);
      }),
    );
  });

  it("writes an ASCII string like any string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), field, (text, number) => {
        const ascii = new WireWriter();
        const string = new WireWriter();
        ascii.ascii(number, text);
        string.string(number, text);
        assert.deepEqual(ascii.view(), string.view());
      }),
    );
  });

  it("drops what was written since a mark", () => {
    fc.assert(
      fc.property(message, message, (kept, dropped) => {
        const writer = writeOurs(new WireWriter(16), kept);
        const { pos, depth } = writer;
        writer.open(3, 5);
        writeOurs(writer, dropped);
        writer.rewind(pos, depth);
        writeOurs(writer, kept);
        const theirs = writeTheirs(writeTheirs(new BinaryWriter(), kept), kept).finish();
        assert.deepEqual(writer.view(), Buffer.from(theirs));
      }),
    );
  });

  it("gives a copy that later writes do not touch", () => {
    const writer = new WireWriter();
    writer.uint(1, 5);
    const taken = writer.take();
    writer.uint(1, 6);
    assert.deepEqual([...taken], [8, 5]);
    assert.deepEqual([...writer.view()], [8, 6]);
  });

  it("writes empty bytes only when told to", () => {
    const writer = new WireWriter();
    writer.bytes(1, Buffer.alloc(0));
    assert.equal(writer.pos, 0);
    writer.bytes(1, Buffer.alloc(0), 0, 0, true);
    assert.deepEqual([...writer.view()], [10, 0]);
  });

  it("copies pieces of one buffer and of several, and fields that are encoded already", () => {
    const bytes = Buffer.from(Array.from({ length: 400 }, (_, i) => i % 251));
    const other = Buffer.from(bytes.map((byte) => 255 - byte));
    const piece = fc.record({
      other: fc.boolean(),
      start: fc.nat({ max: 200 }),
      length: fc.nat({ max: 200 }),
      encoded: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat({ max: 300 }), (pieces, size) => {
        const writer = new WireWriter(size);
        const expected: Buffer[] = [];
        for (const { other: second, start, length, encoded } of pieces) {
          const from = second ? other : bytes;
          const part = from.subarray(start, start + length);
          if (encoded) writer.encoded(new Encoded(part));
          else writer.raw(from, start, start + length);
          expected.push(part);
        }
        assert.deepEqual(Buffer.from(writer.view()), Buffer.concat(expected));
      }),
    );
  });
});
