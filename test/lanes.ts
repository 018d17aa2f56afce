import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Counts, countsText } from "./counts.js";

/** Simulated time, histories, and benches so small that their figures say nothing: they take what the others leave. */
const SIMULATED = ["dist/bench/**/*.test.js", "dist/test/{history,sim}/**/*.test.js"];
/** Real processes that are killed and come back: waiting, most of the time. */
const BROKEN = ["dist/test/{chaos,faults,planted}/**/*.test.js"];
const OTHERS = [
  "dist/**/*.test.js",
  ...[...SIMULATED, ...BROKEN].map((files) => `--ignore=${files}`),
];
const MOCHA = "node_modules/mocha/bin/mocha.js";

/** One run of mocha; without counts it did not come to its end. */
interface Lane {
  readonly ended: Promise<Counts | undefined>;
  /** What it has printed, unless that is seen as it comes. */
  readonly output: Buffer[];
}

/** Mocha tells its counts by a message instead of printing them: see the reporter. */
function lane(files: readonly string[], output: "inherit" | "pipe"): Lane {
  const child = spawn(process.execPath, [MOCHA, ...files], {
    stdio: ["ignore", output, output, "ipc"],
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => printed.push(chunk));
  }
  return { ended: countsOf(child), output: printed };
}

async function countsOf(child: ChildProcess): Promise<Counts | undefined> {
  let counts: Counts | undefined;
  child.once("message", (message) => {
    counts = message as Counts;
  });
  const [code] = await once(child, "close");
  if (code !== 0) process.exitCode = 1;
  return counts;
}

/**
 * All tests, in lanes side by side, since most of them wait most of the time. Each lane is one process with its files in
 * one order. What the others print comes behind all of the first.
 */
async function main(): Promise<void> {
  const lanes = [lane(OTHERS, "inherit"), lane(BROKEN, "pipe"), lane(SIMULATED, "pipe")];
  const ended = await Promise.all(lanes.map((one) => one.ended));
  for (const { output } of lanes) process.stdout.write(Buffer.concat(output));
  const all = ended.map((counts) => {
    if (counts === undefined) throw new Error("mocha did not come to its end");
    return counts;
  });
  const sum = (of: (counts: Counts) => number) => all.reduce((total, one) => total + of(one), 0);
  const counts = {
    passes: sum(({ passes }) => passes),
    failures: sum(({ failures }) => failures),
    pending: sum(({ pending }) => pending),
  };
  console.log(countsText(counts));
}

await main();
