import { Digest } from "./digest.js";
import { type Task, TaskHeap, type TaskOwner } from "./heap.js";
import type { SimProcess } from "./sim-process.js";

const realImmediate = globalThis.setImmediate;
/** Steps handed to the real event loop at a time; each is followed by all its microtasks. */
const STEPS_PER_TURN = 64;

/**
 * The simulated time, and the one place where things happen: it picks the next task, runs it, and lets every promise that
 * follows from it settle before it picks another one.
 */
export class Scheduler {
  nowMs = 0;
  steps = 0;
  readonly digest = new Digest();
  /** Whose code is running. */
  current: SimProcess | undefined;
  /** What nobody caught, with whose code it was. */
  readonly surprises: string[] = [];
  readonly #tasks = new TaskHeap();
  #order = 0;

  at(atMs: number, owner: TaskOwner | undefined, kind: string, run: () => void): Task {
    const task = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, owner, kind, run };
    this.#tasks.push(task);
    return task;
  }

  after(delayMs: number, owner: TaskOwner | undefined, kind: string, run: () => void): Task {
    return this.at(this.nowMs + delayMs, owner, kind, run);
  }

  /** Runs everything up to a moment of the simulated time. */
  run(untilMs: number): Promise<void> {
    return new Promise((resolve) => {
      let over = false;
      const step = () => {
        if (over || this.#step(untilMs)) return;
        over = true;
        this.nowMs = Math.max(this.nowMs, untilMs);
        this.current = undefined;
        resolve();
      };
      const turn = () => {
        if (over) return;
        for (let i = 0; i < STEPS_PER_TURN; i++) realImmediate(step);
        realImmediate(turn);
      };
      turn();
    });
  }

  surprise(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.surprises.push(`${this.current?.name ?? "nobody"}: ${text}`);
  }

  #step(untilMs: number): boolean {
    for (;;) {
      const next = this.#tasks.peek();
      if (next === undefined || next.atMs > untilMs) return false;
      this.#tasks.pop();
      const { owner } = next;
      if (next.run === nothing || (owner && (!owner.alive || owner.parks(next)))) continue;
      this.#perform(next);
      return true;
    }
  }

  #perform(task: Task): void {
    this.nowMs = Math.max(this.nowMs, task.atMs);
    this.steps++;
    this.digest.number(this.nowMs);
    this.digest.text(task.kind);
    if (task.owner) this.digest.text(task.owner.name);
    this.current = task.owner as SimProcess | undefined;
    try {
      task.run();
    } catch (error) {
      this.surprise(error);
    }
  }
}

/** A task that was cancelled. */
export const nothing = (): void => undefined;
