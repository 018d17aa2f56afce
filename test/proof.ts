import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./sources.js";

const PATH = join(root, "docs/proof.json");

/** Writes what a run has found into docs/proof.json, beside what other runs have found. */
export function prove(found: Readonly<Record<string, number>>): void {
  const before = existsSync(PATH) ? JSON.parse(readFileSync(PATH, "utf8")) : {};
  const all = Object.entries({ ...before, ...found }).sort(([a], [b]) => (a < b ? -1 : 1));
  const next = `${PATH}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
  renameSync(next, PATH);
}
