import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { planted } from "./bug.js";
import { bugs } from "./bugs/index.js";

let file = "";
let bug: (typeof bugs)[number] | undefined;

/** Called once, before anything else is loaded. */
export function initialize(name: string): void {
  bug = bugs.find((known) => known.name === name);
  if (bug === undefined) throw new Error(`No planted bug has the name "${name}".`);
  file = new URL(`../../${bug.file}`, import.meta.url).href;
}

export const load: LoadHook = async (url, context, next) => {
  if (bug === undefined || url !== file) return next(url, context);
  const source = planted(await readFile(fileURLToPath(url), "utf8"), bug);
  return { format: "module", shortCircuit: true, source };
};
