import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem } from "node:os";

/** Where and on what a bench ran. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly kernel: string;
  readonly node: string;
  /** Commit of the sources, with `+` when they were changed since. */
  readonly commit: string;
  /** Day of the run. */
  readonly date: string;
}

export function thisMachine(now = new Date()): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    commit: commit(),
    date: now.toISOString().slice(0, 10),
  };
}

/** Everything but what the benches themselves write. */
const SOURCES = [".", ":!bench/RESULTS.md", ":!bench/results.json", ":!bench/plots"];

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", ...SOURCES) !== "";
    return git("rev-parse", "--short", "HEAD") + (changed ? "+" : "");
  } catch {
    return "unknown";
  }
}
