import { execFileSync } from "node:child_process";

/** The commit, and whether the sources are others; docs/ is what long runs write themselves. */
export function revision(): string {
  const git = (...args: string[]) => execFileSync("git", args).toString().trim();
  const changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs");
  return git("rev-parse", "--short", "HEAD") + (changed === "" ? "" : "+changes");
}
