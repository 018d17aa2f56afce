import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { planted } from "./bug.js";
import { bugs } from "./bugs/index.js";
import { patched } from "./patch.js";
import { witness } from "./witness.js";

type Edit = (source: string) => string;

const edits = new Map<string, Edit[]>();

/** Called once, before anything else is loaded. */
export function initialize({ name, isWitnessed }: { name: string; isWitnessed: boolean }): void {
  if (isWitnessed) edit(witness.file, (source) => patched(source, witness, "The witness"));
  if (name === "") return;
  const bug = bugs.find((known) => known.name === name);
  if (bug === undefined) throw new Error(`No planted bug has the name "${name}".`);
  edit(bug.file, (source) => planted(source, bug));
}

function edit(file: string, by: Edit): void {
  const url = new URL(`../../${file}`, import.meta.url).href;
  edits.set(url, [...(edits.get(url) ?? []), by]);
}

export const load: LoadHook = async (url, context, next) => {
  const mine = edits.get(url);
  if (mine === undefined) return next(url, context);
  let source = await readFile(fileURLToPath(url), "utf8");
  for (const by of mine) source = by(source);
  return { format: "module", shortCircuit: true, source };
};
