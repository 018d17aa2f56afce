import type { HistoryEvent } from "../events.js";
import type { History } from "../recorder.js";
import type { Findings, Invariant, Violation } from "./findings.js";

/** What was looked at. */
export interface Extent {
  readonly lines: number;
  readonly acknowledged: number;
  readonly shown: number;
  readonly receipts: number;
  readonly ticks: number;
  readonly faults: number;
}

export interface Verdict extends Extent {
  /** The first of them. */
  readonly violations: readonly Violation[];
  readonly count: number;
  readonly counts: ReadonlyMap<Invariant, number>;
  /** Acknowledged and not shown, or not stored (I1, I7). */
  readonly lost: number;
  /** I3, I10. */
  readonly shownTwice: number;
  /** I4, I6. */
  readonly outOfOrder: number;
}

export function verdictOf({ violations, count, counts }: Findings, extent: Extent): Verdict {
  const of = (...invariants: Invariant[]) =>
    invariants.reduce((sum, invariant) => sum + (counts.get(invariant) ?? 0), 0);
  return {
    ...extent,
    violations,
    count,
    counts,
    lost: of("I1", "I7"),
    shownTwice: of("I3", "I10"),
    outOfOrder: of("I4", "I6"),
  };
}

/** One line for people. */
export function summary(verdict: Verdict): string {
  const { acknowledged, lost, shownTwice, outOfOrder, shown, receipts, ticks, faults } = verdict;
  return (
    `${acknowledged} acknowledged, ${lost} lost, ${shownTwice} shown twice, ${outOfOrder} out of order; ` +
    `${shown} shown, ${receipts + ticks} ticks checked, ${faults} faults, ` +
    `${verdict.count} violations in ${verdict.lines} lines`
  );
}

const EXPLAINED = 5;

/** The first violations, each with the lines of the history that show it. */
export function explain(history: History, verdict: Verdict): string {
  const violations = verdict.violations.slice(0, EXPLAINED);
  const wanted = new Map<number, string>();
  for (const { lines } of violations) for (const line of lines) wanted.set(line, "");
  let at = 0;
  for (const event of history) if (wanted.has(++at)) wanted.set(at, textOf(at, event));
  const texts = violations.map(({ invariant, what, lines }) =>
    [`${invariant}: ${what}`, ...lines.map((line) => wanted.get(line) ?? "")].join("\n"),
  );
  const more = verdict.count - violations.length;
  if (more > 0) texts.push(`… and ${more} more`);
  return texts.join("\n\n");
}

function textOf(line: number, { at, type, ...facts }: HistoryEvent): string {
  const seconds = (at / 1000).toFixed(3).padStart(9);
  return `  ${String(line).padStart(6)} ${seconds} s  ${type.padEnd(9)} ${JSON.stringify(facts)}`;
}
