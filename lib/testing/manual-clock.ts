import type { Clock } from "../clock.js";

/** A clock for tests: it stands until it is moved. */
export interface ManualClock extends Clock {
  /** Moves on and runs what is due on the way, in order. */
  advance(ms: number): void;
}

interface Alarm {
  atMs: number;
  readonly everyMs: number;
  readonly run: () => void;
}

export function createManualClock(startWallMs = 1_800_000_000_000): ManualClock {
  const alarms = new Set<Alarm>();
  let nowMs = 0;

  function add(ms: number, everyMs: number, run: () => void) {
    const alarm = { atMs: nowMs + ms, everyMs, run };
    alarms.add(alarm);
    return { cancel: () => void alarms.delete(alarm) };
  }

  function nextDue(untilMs: number): Alarm | undefined {
    const due = [...alarms].filter((alarm) => alarm.atMs <= untilMs);
    return due.sort((a, b) => a.atMs - b.atMs)[0];
  }

  return {
    wallMs: () => startWallMs + nowMs,
    nowMs: () => nowMs,
    after: (ms, run) => add(ms, 0, run),
    every: (ms, run) => add(ms, ms, run),
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let alarm = nextDue(untilMs); alarm !== undefined; alarm = nextDue(untilMs)) {
        nowMs = Math.max(nowMs, alarm.atMs);
        if (alarm.everyMs > 0) alarm.atMs += alarm.everyMs;
        else alarms.delete(alarm);
        alarm.run();
      }
      nowMs = untilMs;
    },
  };
}
