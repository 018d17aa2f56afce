import assert from "node:assert/strict";
import { onAbort } from "./on-abort.js";

describe("who waits for a signal", () => {
  it("is told once, unless he did not want to know any more", () => {
    const abort = new AbortController();
    const told: string[] = [];
    onAbort(abort.signal, () => told.push("ann"));
    const forget = onAbort(abort.signal, () => told.push("bob"));
    onAbort(abort.signal, () => told.push("cleo"));
    forget();
    abort.abort();
    abort.abort();
    assert.deepEqual(told, ["ann", "cleo"]);
  });

  it("may stop others from being told", () => {
    const abort = new AbortController();
    const told: string[] = [];
    onAbort(abort.signal, () => {
      told.push("ann");
      forget();
    });
    const forget = onAbort(abort.signal, () => told.push("bob"));
    abort.abort();
    assert.deepEqual(told, ["ann"]);
  });
});
