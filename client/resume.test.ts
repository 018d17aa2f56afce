import assert from "node:assert/strict";
import type { Effects, FrameKind } from "./effects.js";
import { Resume } from "./resume.js";
import { timings } from "./timings.js";

describe("resuming", () => {
  const nothing = new Map();

  function start(based: boolean) {
    const sent: string[] = [];
    const events: string[] = [];
    const effects = {
      send: (frame: FrameKind) => sent.push(frame.$case),
      emit: (event: { name: string }) => events.push(event.name),
      write: () => undefined,
    } as unknown as Effects;
    const resume = new Resume({ connect: 1, based });
    resume.attach(1, 0);
    resume.flush(0, effects, nothing);
    return { resume, effects, sent, events };
  }
  const caughtUp = { token: 1, pending: 0 };

  it("of a new device goes on until its bases came: they were lost, and it began at 0", () => {
    const { resume, effects, sent, events } = start(false);
    resume.caughtUp(caughtUp, effects);
    assert.deepEqual(events, []);
    resume.flush(timings.resumeRepeatMs, effects, nothing);
    assert.deepEqual(sent, ["resume", "resume"]);
    assert.equal(resume.bases({ bases: [], complete: false }, effects), false);
    assert.equal(resume.bases({ bases: [], complete: true }, effects), true);
    resume.caughtUp(caughtUp, effects);
    assert.deepEqual(events, ["caughtUp"]);
    resume.flush(2 * timings.resumeRepeatMs, effects, nothing);
    assert.deepEqual(sent, ["resume", "resume", "ackBases"]);
  });

  it("ends with the answer to its own token", () => {
    const { resume, effects, sent, events } = start(true);
    resume.caughtUp({ token: 2, pending: 0 }, effects);
    assert.deepEqual(events, []);
    resume.caughtUp(caughtUp, effects);
    resume.caughtUp(caughtUp, effects);
    assert.deepEqual(events, ["caughtUp"]);
    resume.flush(timings.resumeRepeatMs, effects, nothing);
    assert.deepEqual(sent, ["resume"]);
  });
});
