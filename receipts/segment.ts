import { limits } from "../lib/limits.js";

/** The segment of the history in which a move is kept, by the head of the conversation at that time. */
export function segmentOf(head: number): number {
  return Math.floor(head / limits.segmentEntries);
}
