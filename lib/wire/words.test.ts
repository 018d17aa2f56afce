import assert from "node:assert/strict";
import fc from "fast-check";
import { copyWords, isSameAt, Known, newView, viewOf } from "./words.js";

describe("pieces of buffers", () => {
  it("are copied as they are, and nothing beside them", () => {
    const at = fc.nat({ max: 20 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), at, at, (bytes, start, to) => {
        const from = Buffer.concat([Buffer.alloc(start, 1), bytes, Buffer.alloc(3, 2)]);
        const into = Buffer.alloc(to + bytes.length + 5, 9);
        copyWords(viewOf(from), start, start + bytes.length, newView(into), to);
        const expected = Buffer.concat([Buffer.alloc(to, 9), bytes, Buffer.alloc(5, 9)]);
        assert.deepEqual(into, expected);
      }),
    );
  });

  it("are the same exactly when every byte is", () => {
    const at = fc.nat({ max: 9 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), at, at, fc.nat(), (bytes, skip, start, bit) => {
        const known = new Known(Buffer.concat([Buffer.alloc(skip, 5), bytes]));
        const buf = Buffer.concat([Buffer.alloc(start, 1), bytes, Buffer.alloc(4, 2)]);
        const end = start + bytes.length;
        assert.ok(isSameAt(known, skip, buf, start, end));
        assert.equal(isSameAt(known, skip, buf, start, end + 1), false);
        if (bytes.length === 0) return;
        const changed = Buffer.from(buf);
        const index = start + (bit % bytes.length);
        changed[index] = (changed[index] as number) ^ (1 << (bit % 8));
        assert.equal(isSameAt(known, skip, changed, start, end), false);
      }),
    );
  });
});
