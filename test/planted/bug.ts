import type { Invariant } from "../history/checker/findings.js";
import type { Scene } from "./scenes.js";

/**
 * A bug that is put into the product when a process loads it, to see that the checker notices. The product itself knows nothing
 * of it: one place in one compiled file is replaced in memory.
 */
export interface PlantedBug {
  /** Completes "the checker notices that …". */
  readonly name: string;
  /** The compiled file, from dist/. */
  readonly file: string;
  /** Occurs there exactly once, whatever the white space. */
  readonly find: string;
  readonly replace: string;
  /** What it breaks, and what the checker must find; whatever else goes wrong in consequence does not count. */
  readonly breaks: Invariant;
  /** Where it shows. */
  readonly scene: Scene;
}

/** The file with the bug in it. Throws unless the place is found exactly once. */
export function planted(source: string, { name, file, find, replace }: PlantedBug): string {
  const place = new RegExp(find.trim().split(/\s+/).map(escaped).join("\\s+"), "g");
  const places = source.match(place)?.length ?? 0;
  if (places !== 1) {
    const what = `"${find.trim()}" is there ${places} times, not once`;
    throw new Error(`The planted bug "${name}" does not fit dist/${file} any more: ${what}.`);
  }
  return source.replace(place, () => replace);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
