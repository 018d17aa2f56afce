import { Command } from "commander";
import { idleBench, idleBenchSizes } from "./idle.js";
import { linkBench, linkBenchSizes } from "./link.js";
import { pairsBench, pairsBenchSizes } from "./pairs.js";
import { thisMachine } from "./rig/machine.js";
import { publish, type Report, sectionOf } from "./rig/report.js";

/** Directory of the published results, seen from where the repository is checked out. */
const RESULTS = "bench";

const program = new Command("bench").description("Measures chatmesh, one question per command.");

/** Adds a bench: its smoke size prints only, its full size is published. */
function bench(name: string, question: string, run: (smoke: boolean) => Promise<Report>): void {
  program
    .command(name)
    .description(question)
    .option("--smoke", "a small size, to see that it works; publishes nothing")
    .action(async ({ smoke = false }: { smoke?: boolean }) => {
      const report = await run(smoke);
      const machine = thisMachine();
      process.stdout.write(sectionOf(report, machine));
      if (!smoke) publish(report, machine, RESULTS);
      process.exit(0);
    });
}

bench("link", "What does a frame cost on a link, and what does batching save?", (smoke) =>
  linkBench(smoke ? linkBenchSizes.smoke : linkBenchSizes.full),
);

bench("pairs", "What does a fully receipted 1:1 message cost?", (smoke) =>
  pairsBench(smoke ? pairsBenchSizes.smoke : pairsBenchSizes.full),
);

const say = (line: string) => void process.stderr.write(`${line}\n`);

bench("idle", "What memory does a connected device take that does nothing?", (smoke) =>
  idleBench(smoke ? idleBenchSizes.smoke : idleBenchSizes.full, say),
);

await program.parseAsync();
