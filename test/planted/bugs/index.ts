import type { PlantedBug } from "../bug.js";
import { blockBugs } from "./blocks.js";
import { clientBugs } from "./client.js";
import { deliveryBugs } from "./delivery.js";
import { groupBugs } from "./groups.js";
import { poisonBugs } from "./poison.js";
import { sendingBugs } from "./sending.js";
import { tickBugs } from "./ticks.js";

export const bugs: readonly PlantedBug[] = [
  ...sendingBugs,
  ...deliveryBugs,
  ...tickBugs,
  ...clientBugs,
  ...groupBugs,
  ...poisonBugs,
  ...blockBugs,
];
