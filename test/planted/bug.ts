import type { Invariant } from "../history/checker/findings.js";
import { type Patch, patched } from "./patch.js";
import type { Scene } from "./scenes/index.js";

/** A bug that is put into the product to see that the checker notices. The product itself knows nothing of it. */
export interface PlantedBug extends Patch {
  /** Completes "the checker notices that …". */
  readonly name: string;
  /** What it breaks, and what the checker must find; whatever else goes wrong in consequence does not count. */
  readonly breaks: Invariant;
  /** Where it shows. */
  readonly scene: Scene;
}

/** The file with the bug in it. Throws unless the place is found exactly once. */
export function planted(source: string, bug: PlantedBug): string {
  return patched(source, bug, `The planted bug "${bug.name}"`);
}
