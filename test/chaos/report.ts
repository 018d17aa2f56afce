import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { prove } from "../proof.js";
import { root } from "../sources.js";
import { percentile } from "./recoveries.js";

/** What is kept of a run on one mesh. */
export interface Window {
  readonly kind: "all faults" | "kills alone";
  readonly seed: string;
  readonly commit: string;
  readonly acknowledged: number;
  readonly shown: number;
  readonly lost: number;
  readonly shownTwice: number;
  readonly outOfOrder: number;
  readonly violations: number;
  /** For people; also what no invariant says, as a process that ended by itself. */
  readonly wrong: string;
  readonly faults: Readonly<Record<string, number>>;
  /** By what was killed, milliseconds of each device. */
  readonly recoveries: Readonly<Record<string, readonly number[]>>;
}

/** Writes what all windows have found into docs/chaos-run.md and docs/proof.json. */
export function report(windows: readonly Window[]): void {
  writeFileSync(join(root, "docs/chaos-run.md"), pageOf(windows));
  const faults = faultsOf(windows);
  const kills = faults.filter(([kind]) => kind.startsWith("kill"));
  const [gateway, session] = ["gateway", "session"].map((killed) => {
    // Where other work shares the machine, a recovery tells of that work, too.
    const alone = samplesOf(windows, "kills alone", killed);
    return alone.length > 0 ? alone : samplesOf(windows, "all faults", killed);
  }) as [number[], number[]];
  prove({
    windows: windows.length,
    windows_not_clean: windows.filter(isWrong).length,
    acknowledged: total(windows, "acknowledged"),
    shown: total(windows, "shown"),
    lost: total(windows, "lost"),
    shown_twice: total(windows, "shownTwice"),
    out_of_order: total(windows, "outOfOrder"),
    violations: total(windows, "violations"),
    kills: sumOf(kills),
    faults: sumOf(faults),
    recovery_gateway_p50_ms: percentile(gateway, 0.5),
    recovery_gateway_p99_ms: percentile(gateway, 0.99),
    recovery_session_p50_ms: percentile(session, 0.5),
    recovery_session_p99_ms: percentile(session, 0.99),
  });
}

function pageOf(windows: readonly Window[]): string {
  const wrong = windows.filter(isWrong);
  return [
    "# Real processes under the nemesis, run for long",
    "",
    "Written by `make chaos MESSAGES=…` and `make chaos KILLS_FOR_S=…`. What is done and how it is judged:",
    "[test/chaos](../test/chaos/README.md).",
    "",
    "| | |",
    "|---|---|",
    `| windows, each on a mesh of its own | ${windows.length} |`,
    `| seeds | ${windows.map(({ seed }) => seed).join(", ")} |`,
    `| messages acknowledged | ${total(windows, "acknowledged")} |`,
    `| entries shown | ${total(windows, "shown")} |`,
    `| lost | ${total(windows, "lost")} |`,
    `| shown twice | ${total(windows, "shownTwice")} |`,
    `| out of order | ${total(windows, "outOfOrder")} |`,
    `| other broken invariants, all included | ${total(windows, "violations")} |`,
    `| windows given up, or in which anything was wrong | ${wrong.length} |`,
    `| commits | ${[...new Set(windows.map(({ commit }) => commit))].join(", ")} |`,
    "",
    "From a kill until a device was served again, milliseconds: an own message acknowledged and one of somebody else shown;",
    "behind a gateway that was killed, connected anew and caught up before.",
    "",
    "| killed | when | kills | devices | p50 | p99 | at most |",
    "|---|---|---|---|---|---|---|",
    ...recoveryRows(windows),
    "",
    "| fault | times |",
    "|---|---|",
    ...faultsOf(windows).map(([kind, count]) => `| ${kind} | ${count} |`),
    "",
    ...wrong.map(({ seed, wrong }) => `## Window ${seed}\n\n\`\`\`\n${wrong}\n\`\`\`\n`),
  ].join("\n");
}

/** It was given up, or something in it was not as it has to be. */
function isWrong({ wrong }: Window): boolean {
  return wrong !== "";
}

function recoveryRows(windows: readonly Window[]): string[] {
  const killed = [...new Set(windows.flatMap(({ recoveries }) => Object.keys(recoveries)))].sort();
  return killed.flatMap((what) =>
    (["kills alone", "all faults"] as const).flatMap((kind) => {
      const samples = samplesOf(windows, kind, what);
      if (samples.length === 0) return [];
      const times = sumOf(
        faultsOf(windows.filter((window) => window.kind === kind)).filter(
          ([fault]) => fault === `kill ${what}`,
        ),
      );
      const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(samples, share));
      return [`| ${what} | ${kind} | ${times} | ${samples.length} | ${p50} | ${p99} | ${most} |`];
    }),
  );
}

function samplesOf(windows: readonly Window[], kind: Window["kind"], killed: string): number[] {
  const some = windows.filter((window) => window.kind === kind);
  return some.flatMap(({ recoveries }) => recoveries[killed] ?? []);
}

function faultsOf(windows: readonly Window[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const window of windows) {
    for (const [kind, count] of Object.entries(window.faults)) {
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
  }
  return [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));
}

function sumOf(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

type Count = "acknowledged" | "shown" | "lost" | "shownTwice" | "outOfOrder" | "violations";

function total(windows: readonly Window[], of: Count): number {
  return windows.reduce((sum, window) => sum + window[of], 0);
}
