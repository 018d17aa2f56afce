import type { Clock } from "../clock.js";
import type { Engine, OpenEngine } from "./engine.js";

/** What a test does to the next writes of an engine. */
export interface Faults {
  readonly open: OpenEngine;
  /** Batches that were begun to be written. */
  batches: number;
  /** The next write fails: after it was applied, or without. */
  failNext(outcome: "applied" | "lost", error: Error): void;
  /** The next opening fails. */
  failOpening(error: Error): void;
  /** Holds writes back from now on, until the returned function is called. */
  hold(): () => void;
}

/** For tests: an engine whose writes and openings fail on demand. */
export function faultyEngine(open: OpenEngine): Faults {
  const broken = new WeakSet<Engine>();
  const openings: Error[] = [];
  let next: { outcome: "applied" | "lost"; error: Error } | undefined;
  let held: Promise<void> | undefined;
  const faults: Faults = {
    batches: 0,
    failNext: (outcome, error) => {
      next = { outcome, error };
    },
    failOpening: (error) => openings.push(error),
    hold: () => {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = undefined;
        release();
      };
    },
    open: async () => {
      const error = openings.shift();
      if (error) throw error;
      const engine = await open();
      if (!broken.has(engine)) breakWrites(engine, run);
      broken.add(engine);
      return engine;
    },
  };
  const run = async (write: () => Promise<void>, drop: () => Promise<void>) => {
    faults.batches++;
    const fault = next;
    next = undefined;
    await held;
    await (fault?.outcome === "lost" ? drop() : write());
    if (fault) throw fault.error;
  };
  return faults;
}

type Run = (write: () => Promise<void>, drop: () => Promise<void>) => Promise<void>;

function breakWrites(engine: Engine, run: Run): void {
  const batch = engine.batch.bind(engine) as () => ReturnType<Engine["batch"]>;
  const faulty = () => {
    const chained = batch();
    const write = chained.write.bind(chained) as (options?: object) => Promise<void>;
    chained.write = (options?: object) =>
      run(
        () => write(options),
        () => chained.close(),
      );
    return chained;
  };
  Object.assign(engine, { batch: faulty });
}

/** For tests: a clock on which every delay is over in the next iteration of the event loop. */
export function hastyClock(delays: number[] = []): Clock {
  return {
    wallMs: () => 0,
    nowMs: () => 0,
    after(ms, run) {
      delays.push(ms);
      const immediate = setImmediate(run);
      return { cancel: () => clearImmediate(immediate) };
    },
    every: () => ({ cancel: () => {} }),
  };
}

/** For tests: goes on when the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
