import assert from "node:assert/strict";
import fc from "fast-check";
import { SendWindow } from "./sends.js";

const accept = (window: SendWindow, id: number, seq = id) =>
  window.add({ id, content: id * 7, seq, at: 1_700_000_000_000 + id });

describe("the window of last sends", () => {
  it("takes numbers in order and asks for the missing one", () => {
    const window = new SendWindow();
    assert.equal(window.judge(2, 1, 1).kind, "gap");
    assert.equal(window.judge(1, 1, 1).kind, "next");
    accept(window, 1);
    assert.equal(window.judge(2, 2, 14).kind, "next");
  });

  it("answers a known id with its outcome, whatever its number", () => {
    const window = new SendWindow();
    accept(window, 1);
    accept(window, 2);
    for (const number of [1, 2, 3, 9]) {
      const verdict = window.judge(number, 1, 7);
      assert.ok(verdict.kind === "repeat");
      assert.equal(verdict.item.seq, 1);
    }
  });

  it("refuses a known id with another content, and a known number with another id", () => {
    const window = new SendWindow();
    accept(window, 1);
    assert.equal(window.judge(1, 1, 8).kind, "conflict");
    assert.equal(window.judge(1, 2, 7).kind, "conflict");
  });

  it("says nothing to a number older than the window", () => {
    const window = new SendWindow();
    for (let id = 1; id <= 20; id++) accept(window, id);
    assert.equal(window.judge(4, 4, 28).kind, "old");
    assert.equal(window.judge(5, 99, 1).kind, "conflict");
    assert.equal(window.judge(5, 5, 35).kind, "repeat");
  });

  it("is the same after being stored and read", () => {
    const sends = fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        content: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        seq: fc.integer({ min: 0, max: 2 ** 52 }),
        at: fc.integer({ min: 0, max: 2 ** 52 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(sends, (items) => {
        const window = new SendWindow();
        for (const item of items) window.add(item);
        const read = SendWindow.decode(window.encode());
        assert.deepEqual(read, window);
        assert.deepEqual(read.encode(), window.encode());
      }),
    );
  });
});
