import type { Clock } from "../../lib/clock.js";
import type { Task, TaskOwner } from "./heap.js";
import type { Random } from "./random.js";
import { nothing, type Scheduler } from "./scheduler.js";

const EPOCH_MS = 1_800_000_000_000;
/** How late a timer may be, and how long an iteration of the event loop takes. */
const TIMER_LATE_MS = 1.5;
const TURN_MS = 0.4;

/**
 * One run of one operating-system process: what belongs to it happens only while it lives. Killed, its timers, its
 * immediates and all it waits for are gone; paused, they wait.
 */
export class SimProcess implements TaskOwner {
  alive = true;
  pausedUntilMs = 0;
  /** How far its wall clock is off. */
  skewMs = 0;
  readonly clock: Clock;
  readonly #deaths: (() => void)[] = [];
  #parked: Task[] = [];
  #immediates: (() => void)[] = [];
  #turning = false;

  constructor(
    readonly name: string,
    readonly scheduler: Scheduler,
    readonly random: Random,
  ) {
    this.clock = this.#makeClock();
  }

  /** Runs in this process, at once as far as the simulated time goes. */
  start(kind: string, run: () => void): void {
    this.scheduler.after(0, this, kind, run);
  }

  /** Its setImmediate: what is asked for in one iteration of its event loop runs in the next one, in order. */
  immediate(run: () => void): { cancel(): void } {
    const entry = { run };
    this.#immediates.push(() => entry.run());
    if (!this.#turning) {
      this.#turning = true;
      this.scheduler.after(this.random.fraction() * TURN_MS, this, "turn", () => this.#turn());
    }
    return { cancel: () => Object.assign(entry, { run: nothing }) };
  }

  pause(untilMs: number): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, untilMs);
  }

  parks(task: Task): boolean {
    const { scheduler, pausedUntilMs } = this;
    if (pausedUntilMs <= Math.max(task.atMs, scheduler.nowMs)) return false;
    if (this.#parked.push(task) > 1) return true;
    scheduler.at(pausedUntilMs, undefined, "resume", () => this.#resume());
    return true;
  }

  onDeath(run: () => void): void {
    this.#deaths.push(run);
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#parked = [];
    this.#immediates = [];
    for (const run of this.#deaths) run();
  }

  /** All that was due meanwhile, in the order it would have happened. */
  #resume(): void {
    const { scheduler } = this;
    const parked = this.#parked;
    this.#parked = [];
    for (const { kind, run } of parked) if (run !== nothing) scheduler.after(0, this, kind, run);
  }

  #turn(): void {
    this.#turning = false;
    const [first, ...others] = this.#immediates;
    this.#immediates = [];
    for (const run of others) this.scheduler.after(0, this, "immediate", run);
    first?.();
  }

  #makeClock(): Clock {
    const { scheduler, random } = this;
    const late = () => random.fraction() * TIMER_LATE_MS;
    const after = (ms: number, run: () => void) => {
      const task = scheduler.after(ms + late(), this, "timer", run);
      return { cancel: () => Object.assign(task, { run: nothing }) };
    };
    return {
      wallMs: () => Math.floor(EPOCH_MS + scheduler.nowMs + this.skewMs),
      nowMs: () => scheduler.nowMs,
      after,
      every: (ms, run) => {
        let timer = after(ms, again);
        function again() {
          timer = after(ms, again);
          run();
        }
        return { cancel: () => timer.cancel() };
      },
    };
  }
}
