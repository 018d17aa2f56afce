import type { Fault } from "../stage.js";
import { kills } from "./kills.js";
import { network } from "./network.js";
import { pauses } from "./pauses.js";
import { resources } from "./resources.js";

/** All that the nemesis can do to a mesh. */
export const faults: readonly Fault[] = [...kills, ...pauses, ...network, ...resources];
