import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Counts, countsText } from "./counts.js";

/** What shares a machine well: simulated time, histories, and benches so small that their figures say nothing. */
const BESIDE = ["dist/bench/**/*.test.js", "dist/test/{history,sim}/**/*.test.js"];
const OTHERS = ["dist/**/*.test.js", ...BESIDE.map((files) => `--ignore=${files}`)];
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
 * All tests, in two lanes side by side, since most of them wait most of the time. Each lane is one process with its files in
 * one order. What the second one prints comes behind all of the first.
 */
async function main(): Promise<void> {
  const first = lane(OTHERS, "inherit");
  const second = lane(BESIDE, "pipe");
  const [one, two] = await Promise.all([first.ended, second.ended]);
  process.stdout.write(Buffer.concat(second.output));
  if (!one || !two) throw new Error("mocha did not come to its end");
  const sum = (of: (counts: Counts) => number) => of(one) + of(two);
  const counts = {
    passes: sum(({ passes }) => passes),
    failures: sum(({ failures }) => failures),
    pending: sum(({ pending }) => pending),
  };
  console.log(countsText(counts));
}

await main();
