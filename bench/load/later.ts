let waiting: (() => void)[] = [];
let running: (() => void)[] = [];

/**
 * `setImmediate` for many: whatever asks for it within one turn of the event loop shares one, in the
 * order of asking.
 */
export function later(run: () => void): void {
  if (waiting.push(run) === 1) setImmediate(runAll);
}

function runAll(): void {
  [running, waiting] = [waiting, running];
  for (const run of running) run();
  running.length = 0;
}
