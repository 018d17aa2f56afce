import assert from "node:assert/strict";
import { rowsOf } from "./text-width.js";

describe("the rows of a text", () => {
  it("grow where it wraps", () => {
    assert.equal(rowsOf("abcdef", 4), 2);
    assert.equal(rowsOf("ab\n\ncd", 4), 3);
  });

  it("are finite in a terminal that does not know its width", () => {
    assert.equal(rowsOf("abc\ndef", 0), 2);
  });
});
