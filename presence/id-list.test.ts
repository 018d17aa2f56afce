import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { holds, ID_LETTERS, packIds } from "./id-list.js";

describe("a packed list of user ids", () => {
  const ids = Array.from({ length: 300 }, () => newId("us"));

  it("holds those that were put in, in whatever order, and no others", () => {
    for (const count of [0, 1, 2, 3, 7, 200]) {
      const list = packIds(ids.slice(0, count));
      for (const [i, id] of ids.entries()) assert.equal(holds(list, id), i < count);
    }
  });

  it("takes a byte per letter", () => {
    assert.equal(Buffer.byteLength(packIds(ids)), ids.length * ID_LETTERS);
  });
});
