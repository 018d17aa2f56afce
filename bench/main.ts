import { Argument, Command } from "commander";
import { type Bench, benches } from "./benches.js";
import { thisMachine } from "./rig/machine.js";
import { publish, sectionOf } from "./rig/report.js";

/** Directory of the published results, seen from where the repository is checked out. */
const RESULTS = "bench";

interface Options {
  readonly smoke?: boolean;
  readonly peers?: boolean;
}

// An end by a signal is an exit, so that no server outlives the bench.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(1));
}

/** Runs one bench: its smoke size prints only, its full size is published. */
async function run(bench: Bench, { smoke = false, peers = false }: Options): Promise<void> {
  const startedMs = performance.now();
  const say = (line: string) => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    process.stderr.write(`${bench.name}, ${seconds} s: ${line}\n`);
  };
  say(bench.question);
  const report = await bench.run({ smoke, peers, say });
  if (!report) return;
  const machine = thisMachine();
  process.stdout.write(`${sectionOf(report, machine)}\n`);
  if (!smoke) await publish(report, machine, RESULTS);
}

/** The benches that are named; without names those with peers, or all that need none. */
function chosen(names: readonly string[], { peers = false }: Options): Bench[] {
  if (names.length > 0) return benches.filter(({ name }) => names.includes(name));
  return benches.filter((bench) => (peers ? bench.peers !== "none" : bench.peers !== "only"));
}

async function main(names: readonly string[], options: Options): Promise<void> {
  let failed = 0;
  for (const bench of chosen(names, options)) {
    try {
      await run(bench, options);
    } catch (error) {
      failed++;
      process.stderr.write(`${bench.name} FAILED: ${(error as Error).stack}\n`);
    }
  }
  process.exit(failed > 0 ? 1 : 0);
}

await new Command("bench")
  .description(
    `Measures chatmesh.\n\n${benches.map(({ name, question }) => `  ${name.padEnd(12)}${question}`).join("\n")}`,
  )
  .addArgument(
    new Argument("[bench...]", "which; without: all that need no peers").choices(
      benches.map(({ name }) => name),
    ),
  )
  .option("--smoke", "a small size, to see that it works; publishes nothing")
  .option("--peers", "ejabberd and Prosody take part; without names: only benches that have them")
  .action(main)
  .parseAsync();
