import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { prove } from "../proof.js";
import { revision } from "../revision.js";
import type { SeedRange } from "./runs.js";
import { type Sums, Tally } from "./tally.js";

/** What a run in pieces keeps between them. */
interface State {
  /** The next seed. */
  next: number;
  sums: Sums;
  /** Which commits ran how many seeds. */
  commits: Record<string, number>;
}

/**
 * A run of very many seeds, in pieces: each goes on where the one before ended and writes the report anew. It says
 * which revision of the sources ran what.
 */
export async function runPiece(
  files: { readonly state: string; readonly report: string },
  seeds: number,
  run: (range: SeedRange, tally: Tally) => Promise<unknown>,
): Promise<Tally> {
  const state = stateIn(files.state);
  const tally = new Tally(state?.sums);
  const from = state?.next ?? 1;
  await run({ from, seeds }, tally);
  const commits = state?.commits ?? {};
  const commit = revision();
  commits[commit] = (commits[commit] ?? 0) + seeds;
  const after: State = { next: from + seeds, sums: tally.sums, commits };
  mkdirSync(dirname(files.state), { recursive: true });
  writeFileSync(files.state, `${JSON.stringify(after)}\n`);
  writeFileSync(files.report, reportOf(tally, commits));
  prove({ seeds: tally.sums.seeds });
  return tally;
}

function stateIn(file: string): State | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function reportOf(tally: Tally, commits: Readonly<Record<string, number>>): string {
  const sum = tally.summary();
  const rows = Object.entries(sum.faults_by_kind).map(([kind, count]) => `| ${kind} | ${count} |`);
  const ran = Object.entries(commits).map(([commit, seeds]) => `${commit} (${seeds} seeds)`);
  const failed = sum.failed_seeds.length > 0 ? `: seeds ${sum.failed_seeds.join(", ")}` : "";
  return [
    "# The simulation, run for long",
    "",
    "Written by `make sim-long`. What a seed is: [CONTRIBUTING.md](../CONTRIBUTING.md).",
    "",
    "| | |",
    "|---|---|",
    `| seeds | ${sum.seeds} |`,
    `| simulated hours | ${sum.simulated_hours} |`,
    `| steps | ${sum.steps} |`,
    `| messages acknowledged | ${sum.acknowledged} |`,
    `| messages shown | ${sum.shown} |`,
    `| changes of groups | ${sum.changes} |`,
    `| blocks, and ends of some | ${sum.blocks} |`,
    `| faults | ${sum.faults} |`,
    `| frames lost on connections that held | ${sum.frames_lost} of ${sum.frame_kinds_lost} kinds |`,
    `| everything everywhere after the last fault | p50 ${sum.settled_p50_ms} ms, p99 ${sum.settled_p99_ms} ms, at most ${sum.settled_max_ms} ms |`,
    `| violations | ${sum.violations} in ${sum.failed_seeds.length} seeds${failed} |`,
    `| commit | ${ran.join(", ")} |`,
    "",
    "| fault | times |",
    "|---|---|",
    ...rows,
    "",
  ].join("\n");
}
