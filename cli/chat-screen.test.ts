import assert from "node:assert/strict";
import { createInterface, type Interface } from "node:readline";
import { PassThrough } from "node:stream";
import type { ChatLine } from "./chat.js";
import { PROMPT, ScreenView } from "./chat-screen.js";
import { VirtualTerminal } from "./testing/virtual-terminal.js";

const TIME = /^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d/;

describe("a chat in a terminal", () => {
  let terminal: VirtualTerminal;
  let input: PassThrough;
  let lines: Interface;
  let view: ScreenView;
  beforeEach(() => {
    terminal = new VirtualTerminal(60, 12);
    input = new PassThrough();
    lines = createInterface({ input, output: terminal, prompt: PROMPT, terminal: true });
    view = new ScreenView(terminal, lines);
    lines.prompt();
  });
  afterEach(() => lines.close());

  const own = (key: string, text: string, seq = 0): ChatLine => {
    return { key, seq, atUnixMs: Date.now(), who: "you", own: true, text };
  };
  const foreign = (seq: number, text: string): ChatLine => {
    return { key: `p${seq}`, seq, atUnixMs: Date.now(), who: "bob", own: false, text };
  };
  /** What is seen, without the times. */
  const seen = () => terminal.text().map((line) => line.replace(TIME, "").replace("✓✓ read", "✓✓"));

  it("moves the tick of a message that has scrolled up, and nothing else", () => {
    view.message(own("a", "hello"));
    view.message(foreign(1, "one"));
    view.message(foreign(2, "two"));
    assert.equal(seen()[0], " …  you: hello");
    view.sent("a", 3);
    assert.equal(seen()[0], " ✓  you: hello");
    view.ticks({ delivered: 3, peerRead: 0, except: [] });
    assert.deepEqual(seen(), [" ✓✓ you: hello", "    bob: one", "    bob: two", ">"]);
  });

  it("finds the right row above lines that wrap, and below a half-typed one", () => {
    view.message(own("a", "hello", 1));
    view.message(foreign(2, "long ".repeat(20).trim()));
    input.write("half typed");
    view.ticks({ delivered: 1, peerRead: 0, except: [] });
    assert.equal(seen()[0], " ✓✓ you: hello");
    assert.equal(seen().at(-1), "> half typed");
    view.message(foreign(3, "more"));
    assert.equal(seen().at(-1), "> half typed");
    assert.equal(seen().at(-2), "    bob: more");
  });

  it("leaves alone what has left the screen", () => {
    view.message(own("a", "hello", 1));
    for (let seq = 2; seq < 16; seq++) view.message(foreign(seq, `m${seq}`));
    view.ticks({ delivered: 1, peerRead: 0, except: [] });
    assert.equal(seen()[0], " ✓  you: hello");
  });

  it("puts the message in the place of the typed line", () => {
    lines.on("line", (line) => {
      view.eraseEcho(line);
      view.message(own("a", line));
    });
    const long = "word ".repeat(15).trim();
    input.write(`${long}\r`);
    assert.equal(seen()[0]?.startsWith(" …  you: word word"), true);
    assert.equal(seen().filter((line) => line.startsWith(PROMPT)).length, 0);
    assert.equal(seen().at(-1), ">");
  });

  it("shows what the other one does before the prompt, and keeps a half-typed line", () => {
    view.message(foreign(1, "one"));
    input.write("half");
    view.status("bob writes …");
    assert.equal(seen().at(-1), "(bob writes …) > half");
    view.message(foreign(2, "two"));
    assert.equal(seen().at(-1), "(bob writes …) > half");
    lines.on("line", (line) => {
      view.eraseEcho(line);
      view.message(own("a", line));
    });
    input.write("\r");
    assert.equal(seen().at(-2), " …  you: half");
    view.status("");
    assert.equal(seen().at(-1), ">");
    assert.equal(seen().length, 4);
  });

  it("does not let a message steer the terminal", () => {
    view.message(foreign(1, "evil\u001b[2J\u001b]0;title\u0007\ntwo"));
    assert.equal(seen()[0], "    bob: evil\\x1b[2J\\x1b]0;title\\x07");
    assert.equal(seen()[1]?.trim(), "two");
  });
});
