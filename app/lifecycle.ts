import type { Module } from "../lib/module.js";

/** One module to start; `start` opens everything it needs. */
export interface Startable {
  readonly name: string;
  start(): Promise<Module>;
}

/** The modules of a process, all started. */
export interface Running {
  /** Tells clients and peers that the end is near, waits at most `delayMs`, then stops in reverse order. */
  stop(delayMs: number): Promise<void>;
}

/** A module did not start; the message names it and says why. */
export class StartError extends Error {
  override name = "StartError";
}

/** Starts in order. When one fails, those already started are stopped in reverse and StartError names the failed one. */
export async function startAll(modules: readonly Startable[]): Promise<Running> {
  const running: { name: string; module: Module }[] = [];
  for (const { name, start } of modules) {
    try {
      running.push({ name, module: await start() });
    } catch (cause) {
      await stopAll(running).catch(() => {});
      throw new StartError(`${name} did not start: ${describe(cause)}`, { cause });
    }
  }
  return {
    async stop(delayMs) {
      await Promise.allSettled(running.map(async ({ module }) => module.drain?.(delayMs)));
      await stopAll(running);
    },
  };
}

/** Stops each, in reverse order, whatever becomes of the others; throws the first failure at the end. */
async function stopAll(running: readonly { name: string; module: Module }[]): Promise<void> {
  let failure: Error | undefined;
  for (const { name, module } of [...running].reverse()) {
    try {
      await module.stop();
    } catch (cause) {
      failure ??= new Error(`${name} did not stop: ${describe(cause)}`, { cause });
    }
  }
  if (failure) throw failure;
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
