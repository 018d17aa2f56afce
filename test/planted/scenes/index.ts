import { blockScenes } from "./blocks.js";
import { failureScenes } from "./failures.js";
import { groupScenes } from "./groups.js";
import { poisonScenes } from "./poison.js";
import { talkScenes } from "./talk.js";

export const scenes = {
  ...talkScenes,
  ...failureScenes,
  ...poisonScenes,
  ...groupScenes,
  ...blockScenes,
};

/** The name of one. */
export type Scene = keyof typeof scenes;
