import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";

/**
 * Gives what the product takes from the process to the simulation: immediates go to the event loop of the simulated
 * process whose code asks; time, randomness and real timers are the seed's or refused. Returns what undoes it.
 */
export function takeGlobals(scheduler: Scheduler, random: Random): () => void {
  const undo: (() => void)[] = [];
  const replace = <T extends object>(owner: T, values: Partial<T>) => {
    for (const key of Object.keys(values) as (keyof T)[]) {
      const before = Object.getOwnPropertyDescriptor(owner, key);
      const value = values[key];
      Object.defineProperty(owner, key, { value, configurable: true, writable: true });
      undo.push(() => {
        if (before) Object.defineProperty(owner, key, before);
        else delete owner[key];
      });
    }
  };
  const refused = (): never => {
    throw new Error("the simulation has no real timers");
  };
  const immediate = (run: (...values: unknown[]) => void, ...values: unknown[]) => {
    if (scheduler.current === undefined) throw new Error("an immediate of no process");
    return scheduler.current.immediate(() => run(...values));
  };
  const wallMs = () => scheduler.current?.clock.wallMs() ?? 0;
  replace(globalThis, {
    setImmediate: immediate as unknown as typeof setImmediate,
    clearImmediate: ((handle: { cancel(): void }) => handle.cancel()) as never,
    setTimeout: refused as unknown as typeof setTimeout,
    setInterval: refused as unknown as typeof setInterval,
  });
  const timeout = (ms: number) => {
    const controller = new AbortController();
    scheduler.current?.clock.after(ms, () => controller.abort());
    return controller.signal;
  };
  replace(AbortSignal, { timeout });
  replace(Date, { now: wallMs });
  replace(performance, { now: () => scheduler.nowMs });
  replace(Math, { random: () => random.fraction() });
  replace(crypto, {
    randomBytes: ((size: number) =>
      Buffer.from(Array.from({ length: size }, () => random.below(256)))) as never,
    randomInt: ((limit: number) => random.below(limit)) as never,
    randomUUID: (() => random.uuid()) as never,
  });
  syncBuiltinESMExports();
  const surprise = (error: unknown) => scheduler.surprise(error);
  process.on("unhandledRejection", surprise);
  process.on("uncaughtException", surprise);
  return () => {
    for (const run of undo.reverse()) run();
    syncBuiltinESMExports();
    process.off("unhandledRejection", surprise);
    process.off("uncaughtException", surprise);
  };
}
