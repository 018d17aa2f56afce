import { directMembers, isDirectId } from "../lib/ids.js";

/**
 * Who counts in a conversation; undefined when there is no such conversation. In a 1:1 the id says it. Groups will hand in
 * a function that also knows their members.
 */
export type MembersOf = (conversation: string) => readonly string[] | undefined;

export const directMembersOf: MembersOf = (conversation) =>
  isDirectId(conversation) ? directMembers(conversation) : undefined;
