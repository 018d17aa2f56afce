import type { Clock } from "../lib/clock.js";

export type { Clock, Timer } from "../lib/clock.js";

/** The clock of browsers and Node alike. Its timers keep a process alive: a client must reconnect. */
export const defaultClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return { cancel: () => clearInterval(timer) };
  },
};

/** Randomness, injected so that tests can repeat a run. */
export interface Random {
  /** A UUID in lower-case canonical form. */
  uuid(): string;
  /** A number in [0, 1). */
  fraction(): number;
}

export const defaultRandom: Random = {
  uuid: () => globalThis.crypto.randomUUID(),
  fraction: () => Math.random(),
};
