import type { Clock, Timer } from "../clock.js";

interface Alarm {
  at: number;
  everyMs: number | undefined;
  run: () => void;
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  private now = 0;
  private readonly alarms = new Set<Alarm>();

  wallMs(): number {
    return 1_700_000_000_000 + this.now;
  }

  nowMs(): number {
    return this.now;
  }

  after(ms: number, run: () => void): Timer {
    return this.add({ at: this.now + ms, everyMs: undefined, run });
  }

  every(ms: number, run: () => void): Timer {
    return this.add({ at: this.now + ms, everyMs: ms, run });
  }

  /** Timers that still wait. */
  get pending(): number {
    return this.alarms.size;
  }

  /** Moves time on; what falls due runs in order. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let alarm = this.first(end); alarm !== undefined; alarm = this.first(end)) {
      this.now = Math.max(this.now, alarm.at);
      if (alarm.everyMs === undefined) this.alarms.delete(alarm);
      else alarm.at += alarm.everyMs;
      alarm.run();
    }
    this.now = end;
  }

  private first(end: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (alarm.at <= end && (first === undefined || alarm.at < first.at)) first = alarm;
    }
    return first;
  }

  private add(alarm: Alarm): Timer {
    this.alarms.add(alarm);
    return { cancel: () => this.alarms.delete(alarm) };
  }
}
