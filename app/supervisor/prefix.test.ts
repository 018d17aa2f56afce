import assert from "node:assert/strict";
import { createPrefixer } from "./prefix.js";

const plain = createPrefixer(["auth", "gateway"], false);

describe("the prefix of log lines", () => {
  it("turns a JSON event into one line with service, time, level, message and fields", () => {
    const event = {
      level: 40,
      time: "2026-01-02T03:04:05.678Z",
      service: "auth",
      msg: "slow",
      ms: 7,
    };
    assert.equal(plain("auth", JSON.stringify(event)), "auth    │ 03:04:05.678 warn  slow ms=7");
  });

  it("shows the stack of an error below its line", () => {
    const event = {
      level: 50,
      time: "2026-01-02T03:04:05.678Z",
      msg: "broke",
      err: { stack: "E: x\n  at y" },
    };
    assert.equal(
      plain("gateway", JSON.stringify(event)),
      "gateway │ 03:04:05.678 error broke\nE: x\n  at y",
    );
  });

  it("passes on what is not an event", () => {
    for (const line of ["Killed", "{ not json", '{"a":1}', "null"]) {
      assert.equal(plain("auth", line), `auth    │ ${line}`);
    }
  });

  it("colours by service where it may", () => {
    const coloured = createPrefixer(["auth", "gateway"], true);
    assert.notEqual(coloured("auth", "x").slice(0, 5), coloured("gateway", "x").slice(0, 5));
    assert.ok(coloured("auth", "x").includes("\u001b["));
  });
});
