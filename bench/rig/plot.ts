import type { Row } from "./report.js";
import type { Spread } from "./stats.js";

interface Drawn {
  readonly title: string;
  /** What the figures say, with its unit: `CPU per message (µs)`. */
  readonly axis: string;
  readonly better: "lower" | "higher";
}

/** What stands in a legend, by the name of the figure. */
export type Labels = Readonly<Record<string, string>>;

/** For each variant a bar per figure. */
export interface BarPlot extends Drawn {
  readonly kind: "bars";
  readonly figures: Labels;
}

/** For each variant one bar, divided where the row has parts. */
export interface StackPlot extends Drawn {
  readonly kind: "stack";
  /** The figure that is as long as the bar. */
  readonly whole: string;
  readonly parts: Labels;
  /** What stands in the legend for what no part covers. */
  readonly rest: string;
}

/** A line per figure; each row is a step along the other axis. */
export interface LinePlot extends Drawn {
  readonly kind: "lines";
  readonly figures: Labels;
  /** Where each variant is on the other axis, and that axis' title. */
  readonly over: Readonly<Record<string, number>>;
  readonly overAxis: string;
}

/** Which figures of a report are drawn, and how. Rows without such a figure are left out. */
export type Plot = BarPlot | StackPlot | LinePlot;

/** One bar or a piece of one. Lanes are the bars of one variant. */
export interface Box {
  readonly variant: string;
  readonly lane: string;
  readonly series: string;
  readonly from: number;
  readonly to: number;
}

/** The range of a figure, with its median as a text. */
export interface Whisker extends Spread {
  readonly variant: string;
  readonly lane: string;
  readonly label: string;
}

/** One step of a line. */
export interface Point extends Spread {
  readonly series: string;
  readonly over: number;
  readonly label: string;
}

/** The figures of that ending, without the whole that they are parts of, labelled by what is before it. */
export function partsOf(rows: readonly Row[], ending: string, whole: string): Labels {
  const names = rows.flatMap(({ figures }) => Object.keys(figures));
  const parts = names.filter((name) => name.endsWith(ending) && name !== whole);
  return Object.fromEntries(parts.map((name) => [name, name.slice(0, -ending.length)]));
}

/** What something costs, as a bar per variant, divided by process. */
export function cpuPlot(
  rows: readonly Row[],
  { title, axis, per }: { readonly title: string; readonly axis: string; readonly per: string },
): StackPlot {
  const whole = `cpu_us_per_${per}`;
  const parts = partsOf(rows, `_us_per_${per}`, whole);
  return { kind: "stack", title, axis, better: "lower", whole, parts, rest: "undivided" };
}

/** Which figures the plot needs of at least one row, and no row has. Parts may be missing. */
export function missingFigures(plot: Plot, rows: readonly Row[]): string[] {
  const needed = plot.kind === "stack" ? [plot.whole] : Object.keys(plot.figures);
  const drawn = plot.kind === "lines" ? rows.filter(({ variant }) => variant in plot.over) : rows;
  return needed.filter((figure) => drawn.every(({ figures }) => !(figure in figures)));
}

/** The pieces of each bar. */
export function boxesOf(plot: BarPlot | StackPlot, rows: readonly Row[]): Box[] {
  return rows.flatMap((row) => (plot.kind === "bars" ? bars(plot, row) : stack(plot, row)));
}

/** What is drawn over the bars. */
export function whiskersOf(plot: BarPlot | StackPlot, rows: readonly Row[]): Whisker[] {
  const lanes = plot.kind === "bars" ? plot.figures : { [plot.whole]: "" };
  return rows.flatMap((row) =>
    present(row, lanes).map(({ label: lane, spread }) => ({
      variant: row.variant,
      lane,
      ...labelled(spread),
    })),
  );
}

/** The steps of every line. */
export function pointsOf(plot: LinePlot, rows: readonly Row[]): Point[] {
  return rows.flatMap((row) => {
    const over = plot.over[row.variant];
    if (over === undefined) return [];
    return present(row, plot.figures).map(({ label: series, spread }) => ({
      series,
      over,
      ...labelled(spread),
    }));
  });
}

function bars(plot: BarPlot, row: Row): Box[] {
  return present(row, plot.figures).map(({ label, spread }) => ({
    variant: row.variant,
    lane: label,
    series: label,
    from: 0,
    to: spread.median,
  }));
}

function stack(plot: StackPlot, row: Row): Box[] {
  const whole = row.figures[plot.whole]?.median;
  if (whole === undefined) return [];
  const boxes: Box[] = [];
  const add = (series: string, from: number, to: number) =>
    boxes.push({ variant: row.variant, lane: "", series, from, to });
  let end = 0;
  for (const { label, spread } of present(row, plot.parts)) {
    add(label, end, end + spread.median);
    end += spread.median;
  }
  // Medians of parts need not add up to the median of the whole: what they lack is shown.
  if (end < whole) add(plot.rest, end, whole);
  return boxes;
}

function present(row: Row, labels: Labels): { label: string; spread: Spread }[] {
  return Object.entries(labels).flatMap(([figure, label]) => {
    const spread = row.figures[figure];
    return spread ? [{ label, spread }] : [];
  });
}

function labelled({ median, min, max }: Spread) {
  return { median, min, max, label: median.toLocaleString("en", { maximumSignificantDigits: 4 }) };
}
