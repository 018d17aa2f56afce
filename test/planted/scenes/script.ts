import type { MeshOptions } from "../../mesh.js";
import type { Cast } from "../cast.js";

/** What is played, with a mesh of its own; it is one process unless the script says otherwise. */
export interface Script extends Partial<MeshOptions> {
  play(cast: Cast): Promise<void>;
}
