import { fork } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prove } from "../../proof.js";
import { type DropResult, kindOf, lanes, lose, pairAt, pairs, undisturbed } from "./matrix.js";

const SELF = fileURLToPath(import.meta.url);
/** Pairs that one process runs before another takes its place. */
const PER_PROCESS = 200;

/**
 * Every kind alone, then all pairs of kinds, or `--pairs n` of them, `--from k`, in `--jobs j` processes. With `--state file` each
 * call goes on where the one before ended. docs/proof.json says how far it got, while nothing is wrong.
 */
const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: `${pairs}` },
    from: { type: "string", default: "0" },
    jobs: { type: "string", default: `${Math.min(4, availableParallelism())}` },
    state: { type: "string" },
    child: { type: "boolean", default: false },
  },
});
const [from, count] = [Number(values.from), Number(values.pairs)];

if (values.child) await runAsChild();
else await runAll();

async function runAsChild(): Promise<void> {
  for (let index = from; index < from + count; index++) {
    const result = await lose(index, pairAt(index));
    await new Promise((sent) => process.send?.(result, sent));
  }
  process.disconnect();
}

async function runAll(): Promise<void> {
  const before = stateIn(values.state);
  const first = values.state ? (before?.next ?? 0) : from;
  const last = Math.min(pairs, first + count);
  const wrong = before?.wrong ?? [];
  let lost = before?.lost ?? 0;
  let forestalled = before?.forestalled ?? 0;
  const take = ({ lanes: of, lost: frames, all, faults }: DropResult) => {
    lost += frames;
    if (!all) forestalled++;
    for (const fault of faults) wrong.push(`${of.join(" and ")}: ${fault}`);
  };
  if (first === 0) {
    wrong.push(...(await undisturbed(1)));
    for (const lane of lanes) take(await lose(1, [lane]));
    console.log(`${lanes.length} kinds of frames lost, one at a time`);
  }
  let next = first;
  const work = async () => {
    while (next < last) {
      const begin = next;
      next += PER_PROCESS;
      await runInProcess(begin, Math.min(PER_PROCESS, last - begin), take);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  console.log(
    `${last} of ${pairs} pairs lost (in ${forestalled} one kept the other away), ${lost} frames, ${wrong.length} faults`,
  );
  for (const line of wrong.slice(0, 50)) console.log(line);
  if (values.state)
    writeFileSync(values.state, `${JSON.stringify({ next: last, lost, forestalled, wrong })}\n`);
  if (wrong.length > 0) process.exitCode = 1;
  else if (values.state || (first === 0 && last === pairs)) {
    prove({
      frames_dropped_kinds: new Set(lanes.map(kindOf)).size,
      frames_dropped_single: lanes.length,
      frames_dropped_pairs: last - forestalled,
    });
  }
}

/** What the pieces before have done, when all pairs are run in pieces. */
interface State {
  readonly next: number;
  readonly lost: number;
  readonly forestalled: number;
  readonly wrong: string[];
}

function stateIn(file: string | undefined): State | undefined {
  return file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function runInProcess(
  first: number,
  some: number,
  take: (result: DropResult) => void,
): Promise<void> {
  const child = fork(SELF, ["--child", "--from", `${first}`, "--pairs", `${some}`], {
    execArgv: ["--always-sparkplug", "--max-semi-space-size=32"],
  });
  child.on("message", (result) => take(result as DropResult));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`pairs from ${first}: ended with ${signal ?? code}`));
    });
  });
}
