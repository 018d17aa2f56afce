/** One lifecycle unit of a process: started by app/modules.ts in order of need, stopped in reverse. */
export interface Module {
  /** Tells clients and peers that the end is near; work goes on. */
  drain?(delayMs: number): void | Promise<void>;
  /** Finishes what is in flight, frees every resource, resolves when nothing of it is left. */
  stop(): Promise<void>;
}
