import assert from "node:assert/strict";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { type Item, message, writeTheirs } from "./items.js";
import { WireError, WireReader } from "./reader.js";

/** Reads what was written as `items` and compares it with them. */
function compare(reader: WireReader, items: readonly Item[]): void {
  for (const item of items) {
    if (
      item.type === "uint" ? item.value === 0 : item.type !== "message" && item.value.length === 0
    ) {
      continue;
    }
    assert.equal(reader.next(), true);
    assert.equal(reader.field, item.field);
    if (item.type === "uint") assert.equal(reader.uint(), item.value);
    else if (item.type === "string") assert.equal(reader.string(), item.value);
    else if (item.type === "bytes") assert.deepEqual(reader.view(), Buffer.from(item.value));
    else if (item.type === "packed") {
      const numbers: number[] = [];
      reader.packed(numbers);
      assert.deepEqual(numbers, item.value);
    } else compare(new WireReader().enter(reader), item.items);
  }
  assert.equal(reader.next(), false);
}

const read = (bytes: Uint8Array | string) =>
  new WireReader().reset(
    typeof bytes === "string" ? Buffer.from(bytes, "hex") : Buffer.from(bytes),
  );

/** Walks the fields; true when the bytes are a well-formed message at its top level. */
function walks(reader: WireReader): boolean {
  try {
    while (reader.next());
    return true;
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    return false;
  }
}

describe("wire reader", () => {
  it("reads what another writer wrote", () => {
    fc.assert(
      fc.property(message, (items) => {
        compare(read(writeTheirs(new BinaryWriter(), items).finish()), items);
      }),
      { numRuns: 500 },
    );
  });

  it("reads a message inside a larger buffer without looking beyond it", () => {
    fc.assert(
      fc.property(message, fc.uint8Array(), fc.uint8Array(), (items, before, after) => {
        const bytes = writeTheirs(new BinaryWriter(), items).finish();
        const whole = Buffer.concat([before, bytes, after]);
        compare(new WireReader().reset(whole, before.length, before.length + bytes.length), items);
      }),
    );
  });

  it("only ever throws WireError, and accepts no random bytes that another reader refuses", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        if (!walks(read(bytes))) return;
        const theirs = new BinaryReader(bytes);
        while (theirs.pos < theirs.len) {
          const [, type] = theirs.tag();
          theirs.skip(type);
        }
        assert.equal(theirs.pos, theirs.len);
      }),
      { numRuns: 5000 },
    );
  });

  it("refuses every truncation inside a field", () => {
    const bytes = new BinaryWriter().tag(1, 2).bytes(Buffer.alloc(200)).finish();
    for (let length = 1; length < bytes.length; length++) {
      assert.equal(walks(read(bytes.subarray(0, length))), false, String(length));
    }
  });

  it("skips fields of every wire type", () => {
    const reader = read("0d01020304" + "090102030405060708" + "1201ff" + "1800");
    const seen: [number, number][] = [];
    while (reader.next()) seen.push([reader.field, reader.type]);
    assert.deepEqual(seen, [
      [1, 5],
      [1, 1],
      [2, 2],
      [3, 0],
    ]);
  });

  for (const [what, hex] of [
    ["field number 0", "0000"],
    ["a group", "0b0c"],
    ["wire type 6", "0e"],
    ["wire type 7", "0f"],
    ["a varint of 11 bytes", "08ffffffffffffffffffff01"],
    ["a length beyond the end", "0a05616263"],
    ["a length of 2^60", "0a8080808080808080106162"],
    ["a tag above 32 bits", "ffffffff7f00"],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => {
        const reader = read(hex);
        while (reader.next());
      }, WireError);
    });
  }

  it("refuses a number above 2^53 - 1 when it is read, not when it is skipped", () => {
    const bytes = new BinaryWriter()
      .tag(1, 0)
      .uint64(2n ** 53n)
      .tag(2, 0)
      .uint64(7)
      .finish();
    assert.equal(walks(read(bytes)), true);
    const reader = read(bytes);
    reader.next();
    assert.throws(() => reader.uint(), WireError);
    const packed = new BinaryWriter()
      .tag(1, 2)
      .fork()
      .uint64(2n ** 53n)
      .join()
      .finish();
    const second = read(packed);
    second.next();
    assert.throws(() => second.packed([]), WireError);
  });

  it("refuses to read a field as another type", () => {
    const reader = read("0801" + "120161");
    reader.next();
    for (const read of ["view", "string", "ascii"] as const) {
      assert.throws(() => reader[read](), WireError);
    }
    assert.throws(() => new WireReader().enter(reader), WireError);
    reader.next();
    assert.throws(() => reader.uint(), WireError);
    assert.throws(() => reader.bool(), WireError);
  });

  it("reads packed and single numbers of a repeated field alike", () => {
    const reader = read("0801" + "0a020203" + "0804");
    const numbers: number[] = [];
    while (reader.next()) reader.packed(numbers);
    assert.deepEqual(numbers, [1, 2, 3, 4]);
  });

  it("refuses packed numbers that end in the middle", () => {
    const reader = read("0a0280ff" + "0801");
    reader.next();
    assert.throws(() => reader.packed([]), WireError);
  });

  it("gives views of the buffer, not copies", () => {
    const reader = read("0a0161");
    reader.next();
    const view = reader.view();
    reader.buf[2] = 0x62;
    assert.equal(view.toString(), "b");
  });
});
