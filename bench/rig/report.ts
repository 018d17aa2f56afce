import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.js";
import { missingFigures, type Plot } from "./plot.js";
import { imagesOf, writePlots } from "./plot-files.js";
import { rounded, type Spread } from "./stats.js";

/** What one bench found out. */
export interface Report {
  /** Name of the bench: prefix of its figures. */
  readonly bench: string;
  /** The question it answers, one sentence. */
  readonly question: string;
  /** How it was measured, one paragraph. */
  readonly method: string;
  /** One row per variant. */
  readonly rows: readonly Row[];
  /** Figures that follow from the rows. */
  readonly derived: Readonly<Record<string, number>>;
  /**
   * What the names of its figures may begin with besides `<bench>.`, whether this run has them or
   * not: a new run leaves no figure of an older one.
   */
  readonly prefixes?: readonly string[];
  /** What of it is drawn, by name. */
  readonly plots?: Readonly<Record<string, Plot>>;
}

export interface Row {
  readonly variant: string;
  /** What the names of its figures begin with, if it is not `<bench>.<variant>.`. */
  readonly prefix?: string;
  readonly figures: Readonly<Record<string, Spread>>;
}

/** The report's figures by name: `<bench>.<variant>.<figure>` and `<bench>.<derived>`; medians. */
export function figuresOf(report: Report): Record<string, number> {
  const figures: Record<string, number> = {};
  const add = (name: string, value: number) => {
    if (name in figures || !isOwn(report, name)) throw new Error(`${report.bench}: ${name}`);
    figures[name] = rounded(value);
  };
  for (const { variant, prefix = `${report.bench}.${variant}.`, figures: spreads } of report.rows) {
    for (const [name, { median }] of Object.entries(spreads)) add(prefix + name, median);
  }
  for (const [name, value] of Object.entries(report.derived)) add(`${report.bench}.${name}`, value);
  for (const plot of Object.values(report.plots ?? {})) {
    const missing = missingFigures(plot, report.rows);
    if (missing.length > 0) throw new Error(`${report.bench}: no ${missing} to draw`);
  }
  return figures;
}

function isOwn({ bench, prefixes = [] }: Report, name: string): boolean {
  return [`${bench}.`, ...prefixes].some((prefix) => name.startsWith(prefix));
}

/** The report as a section of RESULTS.md. */
export function sectionOf(report: Report, machine: Machine): string {
  const names = Object.keys(report.rows[0]?.figures ?? {});
  const lines = [
    `## ${report.bench}: ${report.question}`,
    "",
    report.method,
    "",
    `| variant | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---|").join("")}`,
    ...report.rows.map(
      ({ variant, figures }) =>
        `| ${variant} | ${names.map((name) => cell(figures[name])).join(" | ")} |`,
    ),
    "",
    ...imagesOf(report),
    ...Object.entries(report.derived).map(([name, value]) => `- ${name}: ${rounded(value)}`),
    "",
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}, ` +
      `Node ${machine.node}, commit ${machine.commit}, ${machine.date}.`,
    "",
  ];
  return lines.join("\n");
}

/**
 * Puts the report into RESULTS.md, results.json and plots/ of a directory, in place of what the same
 * bench said before.
 */
export async function publish(report: Report, machine: Machine, directory: string): Promise<void> {
  await writePlots(report, directory);
  const json = join(directory, "results.json");
  const before: Record<string, unknown> = existsSync(json)
    ? JSON.parse(readFileSync(json, "utf8"))
    : {};
  const others = Object.entries(before).filter(([key]) => !isOwn(report, key));
  const own = { ...figuresOf(report), [`${report.bench}.machine`]: machine };
  const all = [...others, ...Object.entries(own)].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(json, `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`);

  const markdown = join(directory, "RESULTS.md");
  const text = existsSync(markdown) ? readFileSync(markdown, "utf8") : "";
  writeFileSync(markdown, replaceSection(text, report.bench, sectionOf(report, machine)));
}

/** The text with the bench's section replaced, or added in order of name. */
export function replaceSection(text: string, bench: string, section: string): string {
  const sections = new Map<string, string>();
  for (const part of text.split(/^(?=## )/m)) {
    const name = /^## ([a-z\d-]+):/.exec(part)?.[1];
    if (name) sections.set(name, part.trimEnd());
  }
  sections.set(bench, section.trimEnd());
  const ordered = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  return `${[HEADING, ...ordered].join("\n\n")}\n`;
}

const HEADING =
  "# Results\n\nWritten by `make bench`; do not edit. Medians of the rounds, with the range in " +
  "brackets. Compare within one section only.";

function cell(spread: Spread | undefined): string {
  if (!spread) return "";
  return `${rounded(spread.median)} (${rounded(spread.min)}–${rounded(spread.max)})`;
}
