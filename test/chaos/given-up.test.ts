import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileRecorder } from "../history/recorder.js";
import { RunningClock } from "../history/running-clock.js";
import { seenSoFar } from "./run.js";

describe("a run that was given up", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-given-up-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("is judged by what was seen until then: who waits in vain may wait for a message that is lost", () => {
    let now = 0;
    const recorder = new FileRecorder(join(directory, "history"), new RunningClock(() => now));
    const conversation = "dm_1";
    for (const name of ["ann", "bob"]) {
      recorder.note({ type: "device", device: name, user: name });
      recorder.note({ type: "member", conversation, user: name, from: 1, through: 0 });
      recorder.note({ type: "dial", device: name });
      recorder.note({ type: "connect", device: name });
    }
    const send = { device: "ann", conversation, id: "1" };
    recorder.note({ type: "invoke", ...send, body: "x" });
    recorder.note({ type: "ok", ...send, seq: 1, after: 0 });
    for (let second = 0; second < 20; second++) {
      now += 1_000;
      recorder.note({ type: "connect", device: "ann" });
    }
    const verdict = seenSoFar(recorder);
    assert.deepEqual([verdict?.lost, verdict?.count], [1, 1]);
    recorder.close();
  });
});
