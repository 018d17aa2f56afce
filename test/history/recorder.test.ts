import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bodyOf } from "./events.js";
import { FileRecorder, historyIn } from "./recorder.js";
import { RunningClock } from "./running-clock.js";

describe("a recorded history", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-history-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("can be read as often as one likes, while it grows", () => {
    let now = 5;
    const recorder = new FileRecorder(join(directory, "a"), new RunningClock(() => now));
    const history = historyIn(recorder.path);
    recorder.note({ type: "connect", device: "ann" });
    now = 7.5;
    recorder.note({ type: "fault", what: "kill -9 session ✂" });
    recorder.flush();
    const events = [
      { at: 0, type: "connect", device: "ann" },
      { at: 2.5, type: "fault", what: "kill -9 session ✂" },
    ];
    assert.deepEqual([...history], events);
    recorder.note({ type: "disconnect", device: "ann" });
    recorder.close();
    assert.deepEqual([...history].slice(0, 2), events);
    assert.equal([...history].length, 3);
  });

  it("may be larger than the blocks it is written and read in", () => {
    const recorder = new FileRecorder(join(directory, "b"));
    const what = "✓".repeat(700);
    for (let line = 0; line < 1_000; line++) recorder.note({ type: "fault", what });
    recorder.close();
    let lines = 0;
    for (const event of historyIn(recorder.path)) {
      assert.ok(event.type === "fault" && event.what === what);
      lines++;
    }
    assert.equal(lines, 1_000);
  });

  it("does not count the time in which nothing could run", () => {
    let wall = 1_000;
    const clock = new RunningClock(() => wall);
    assert.equal(clock.nowMs(), 1_000);
    wall += 900;
    assert.equal(clock.nowMs(), 1_900);
    wall += 60_000;
    assert.equal(clock.nowMs(), 2_000);
    wall += 50;
    assert.equal(clock.nowMs(), 2_050);
    clock.stop();
  });

  it("holds short texts as they are, and tells long ones apart", () => {
    const long = "a".repeat(100);
    assert.equal(bodyOf("hello"), "hello");
    assert.ok(bodyOf(long).length < 50);
    assert.notEqual(bodyOf(long), bodyOf(`${long.slice(1)}b`));
    assert.equal(bodyOf(undefined), "");
  });
});
