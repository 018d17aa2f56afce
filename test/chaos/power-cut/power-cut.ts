import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../lib/clock.js";
import { silentLogger } from "../../../lib/log.js";
import { openLevel } from "../../../lib/store/level.js";
import { Random } from "../../sim/random.js";
import { Disk } from "./image.js";
import { type Act, readTrace, TRACE_OPTIONS } from "./trace.js";

const WRITER = fileURLToPath(new URL("./writer.child.js", import.meta.url));

/** Lets a process write into a store under the eyes of strace; undefined where that is not allowed. */
export async function recordWriter(
  directory: string,
  openings: number,
  rows: number,
): Promise<Act[] | undefined> {
  const log = join(directory, "trace");
  const store = join(directory, "store");
  const command = [process.execPath, WRITER, store, String(openings), String(rows)];
  const child = spawn("strace", [...TRACE_OPTIONS, "-o", log, ...command], { stdio: "ignore" });
  const ended = await once(child, "close").catch(() => [1]);
  if (ended[0] !== 0) return undefined;
  return readTrace(await readFile(log, "utf8"), store);
}

/**
 * Cuts the power after each of `cuts` acts, drawn by the seed, opens what the disk may hold then, and gives what is
 * missing of the rows the process had called durable: nothing, if the store keeps its word.
 */
export async function cutPower(
  acts: readonly Act[],
  { directory, cuts, seed }: { directory: string; cuts: number; seed: string },
): Promise<string[]> {
  const random = new Random(seed);
  const after = new Set(Array.from({ length: cuts }, () => random.below(acts.length)));
  const disk = new Disk();
  const wrong: string[] = [];
  for (const [at, act] of acts.entries()) {
    disk.take(act);
    if (!after.has(at)) continue;
    const image = join(directory, `cut-${at}`);
    await disk.write(image, random.fork(`${at}`));
    const missing = await missingIn(image, disk.said);
    if (missing !== "") wrong.push(`power cut after act ${at} of ${acts.length}: ${missing}`);
    await rm(image, { recursive: true });
  }
  return wrong;
}

async function missingIn(directory: string, said: string): Promise<string> {
  const acknowledged = said.split("\n").slice(0, -1);
  try {
    const store = await openLevel({ directory, log: silentLogger, clock: systemClock });
    const missing: string[] = [];
    for (const number of acknowledged) {
      if ((await store.get(Buffer.from(`k${number}`))) === undefined) missing.push(number);
    }
    await store.close();
    return missing.length > 0 ? `rows ${missing} of ${acknowledged.length} are gone` : "";
  } catch (error) {
    return `with ${acknowledged.length} rows: ${(error as Error).message}`;
  }
}
