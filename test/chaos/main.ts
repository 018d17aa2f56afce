import { Command } from "commander";
import { longRun, measureRecoveries } from "./long-run.js";
import { planOf, rowNames } from "./rows.js";
import { runPlan } from "./run.js";

interface Options {
  readonly row?: string;
  readonly seed?: string;
  readonly seeds: string;
  readonly messages?: string;
  readonly killsForS?: string;
  readonly forS: string;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Each row on each seed; true when nothing was found. */
async function playRows({ row, seed, seeds }: Options): Promise<boolean> {
  const rows = row === undefined ? rowNames : [row];
  const all =
    seed === undefined ? Array.from({ length: Number(seeds) }, (_, i) => `${i + 1}`) : [seed];
  let good = true;
  for (const name of rows) {
    for (const one of all) {
      say(`row ${name}, seed ${one}`);
      const { wrong, summary, skipped } = await runPlan({ ...planOf(name, one), say });
      say(`row ${name}, seed ${one}: ${summary}`);
      for (const what of skipped) say(`SKIPPED ${what}`);
      if (wrong === "") continue;
      good = false;
      say(`${wrong}\nagain with: make chaos ROW=${name} SEED=${one}`);
    }
  }
  return good;
}

function play(options: Options): Promise<boolean> {
  const { messages, killsForS, seed = "1", forS } = options;
  if (messages !== undefined) {
    return longRun({ messages: Number(messages), seed, forMs: Number(forS) * 1000, say });
  }
  if (killsForS === undefined) return playRows(options);
  return measureRecoveries({ seed, forMs: Number(killsForS) * 1000, say });
}

async function main(options: Options): Promise<void> {
  process.exit((await play(options)) ? 0 : 1);
}

// An end by a signal is an exit, so that no service outlives the run.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(1));
}

await new Command("chaos")
  .description("Breaks a mesh of real processes and looks whether every promise was kept.")
  .option("--row <row>", `one of ${rowNames.join(", ")}; without: all`)
  .option("--seed <seed>", "one seed")
  .option("--seeds <count>", "so many seeds", "2")
  .option("--messages <count>", "one long run under all faults, until so many are acknowledged")
  .option("--for-s <seconds>", "begin no window of the long run after this", "1000000")
  .option("--kills-for-s <seconds>", "nothing but kills, to measure recoveries")
  .action(main)
  .parseAsync();
