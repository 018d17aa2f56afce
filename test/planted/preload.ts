import { register } from "node:module";
import { witnessed } from "./witness.js";

// For `node --import`: puts the bug named in the environment into whatever this process loads, and a witness into its store.
const { PLANTED_BUG: name = "", PLANTED_JOURNAL: journal } = process.env;
const data = { name, isWitnessed: journal !== undefined };
register("./load-hook.js", import.meta.url, { data });
if (journal !== undefined) {
  const inStore = (store: Parameters<typeof witnessed>[0]) => witnessed(store, journal);
  Object.assign(globalThis, { witnessed: inStore });
}
