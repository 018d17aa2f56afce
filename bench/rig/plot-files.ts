import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "./report.js";

const PLOTS = "plots";

/** The images of the report as paragraphs of Markdown, seen from where its plots/ is. */
export function imagesOf(report: Report): string[] {
  return Object.entries(report.plots ?? {}).flatMap(([name, { title, axis, better }]) => {
    const alt = `Plot: ${title}; ${axis}, ${better} is better.`.replace(/[\\[\]]/g, "\\$&");
    return [`![${alt}](${PLOTS}/${fileOf(report, name)})`, ""];
  });
}

/** Draws the report's plots into plots/ of a directory, in place of all the same bench drew before. */
export async function writePlots(report: Report, directory: string): Promise<void> {
  const folder = join(directory, PLOTS);
  mkdirSync(folder, { recursive: true });
  // Loaded only now: what draws has no place in a process that measures.
  const { svgOf } = await import("./plot-svg.js");
  const drawn = new Map<string, string>();
  for (const [name, plot] of Object.entries(report.plots ?? {})) {
    drawn.set(fileOf(report, name), await svgOf(plot, report.rows));
  }
  const old = readdirSync(folder).filter((file) => file.startsWith(`${report.bench}.`));
  for (const file of old) rmSync(join(folder, file));
  for (const [file, svg] of drawn) writeFileSync(join(folder, file), svg);
}

/** Named as the figures are: after the bench, then what it shows. */
function fileOf(report: Report, name: string): string {
  return `${report.bench}.${name}.svg`;
}
