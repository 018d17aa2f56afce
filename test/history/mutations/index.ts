import { blockMutations } from "./blocks.js";
import { cursorMutations } from "./cursors.js";
import { entryMutations } from "./entries.js";
import type { Mutation } from "./mutation.js";
import { outcomeMutations } from "./outcomes.js";
import { placeholderMutations } from "./placeholders.js";
import { restMutations } from "./rest.js";

/** Every way in which a valid history is broken. */
export const mutations: readonly Mutation[] = [
  ...entryMutations,
  ...outcomeMutations,
  ...cursorMutations,
  ...placeholderMutations,
  ...blockMutations,
  ...restMutations,
];
