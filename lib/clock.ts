/** Time, injected so that tests and the simulation can own it. */
export interface Clock {
  /** Unix time in milliseconds; may jump. For what people see. */
  wallMs(): number;
  /** Monotonic milliseconds; for every interval and time-out. */
  nowMs(): number;
  /** Calls back once after `ms`; keeps the process alive only when it is told to. */
  after(ms: number, run: () => void, keepsAlive?: boolean): Timer;
  /** Calls back every `ms`; does not keep the process alive. */
  every(ms: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  after(ms, run, keepsAlive = false) {
    const timer = setTimeout(run, ms);
    if (!keepsAlive) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};
