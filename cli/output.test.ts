import assert from "node:assert/strict";
import { printable, tickOf, timeOf } from "./output.js";
import { rowsOf, textWidth } from "./text-width.js";

describe("what the command line prints", () => {
  it("shows control characters and direction marks instead of obeying them", () => {
    assert.equal(printable("a\u001b[31m\u0000\u009bb"), "a\\x1b[31m\\x00\\x9bb");
    assert.equal(printable("a\u202eb"), "a\\x202eb");
    assert.equal(printable("one\r\ntwo\tthree"), "one\ntwo  three");
    assert.equal(printable("grüße 👋 日本"), "grüße 👋 日本");
  });

  it("counts the columns of wide characters, emoji and combining marks", () => {
    assert.equal(textWidth("abc"), 3);
    assert.equal(textWidth("日本"), 4);
    assert.equal(textWidth("👋"), 2);
    assert.equal(textWidth("e\u0301"), 1);
    assert.equal(rowsOf("a".repeat(61), 60), 2);
    assert.equal(rowsOf("a\n\nb", 60), 3);
  });

  it("ranks ticks: read over delivered over sent", () => {
    assert.equal(tickOf(3, { delivered: 2, peerRead: 1, except: [] }), "sent");
    assert.equal(tickOf(2, { delivered: 2, peerRead: 1, except: [] }), "delivered");
    assert.equal(tickOf(1, { delivered: 2, peerRead: 1, except: [] }), "read");
    assert.equal(tickOf(1, { delivered: 2, peerRead: 1, except: [1] }), "sent");
  });

  it("adds the date to times that are not today's", () => {
    const noon = new Date(2026, 0, 2, 12, 5).getTime();
    assert.equal(timeOf(noon, noon + 60_000), "12:05");
    assert.equal(timeOf(noon, noon + 86_400_000), "2026-01-02 12:05");
  });
});
