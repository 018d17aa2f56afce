/** One thing that will happen. */
export interface Task {
  atMs: number;
  /** Of tasks at the same time the lower goes first. */
  order: number;
  readonly owner: TaskOwner | undefined;
  /** For the digest and the trace. */
  readonly kind: string;
  run: () => void;
}

/** Whoever a task belongs to: it runs only while its owner does. */
export interface TaskOwner {
  readonly name: string;
  readonly alive: boolean;
  /** Takes the task when the owner is paused; false when it may run now. */
  parks(task: Task): boolean;
}

/** Tasks by time: a binary heap. */
export class TaskHeap {
  readonly #tasks: Task[] = [];

  get size(): number {
    return this.#tasks.length;
  }

  peek(): Task | undefined {
    return this.#tasks[0];
  }

  push(task: Task): void {
    const tasks = this.#tasks;
    let at = tasks.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(task, tasks[above] as Task)) break;
      tasks[at] = tasks[above] as Task;
      at = above;
    }
    tasks[at] = task;
  }

  pop(): Task | undefined {
    const tasks = this.#tasks;
    const first = tasks[0];
    const last = tasks.pop();
    if (last === undefined || last === first) return first;
    const size = tasks.length;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= size) break;
      if (below + 1 < size && isBefore(tasks[below + 1] as Task, tasks[below] as Task)) below++;
      if (!isBefore(tasks[below] as Task, last)) break;
      tasks[at] = tasks[below] as Task;
      at = below;
    }
    tasks[at] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
