import { Session } from "node:inspector/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { HistoryEvent } from "../events.js";

/**
 * For a worker: how often any block of the checker's code is run for each history. V8 counts it, so the checker is measured as
 * it is; it counts blocks of code only that was compiled after it began to.
 */
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
const { check } = await import("./checker.js");

async function blocks(): Promise<number> {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  return result
    .filter(({ url }) => url.includes("/test/history/checker/"))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}

const counts: number[] = [];
for (const history of workerData as HistoryEvent[][]) {
  await blocks();
  check(history);
  counts.push(await blocks());
}
parentPort?.postMessage(counts);
