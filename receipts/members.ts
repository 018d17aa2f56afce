import { directMembers, isDirectId, isGroupId, isUserId } from "../lib/ids.js";

/**
 * Who counts in a conversation; undefined when there is no such conversation. In a 1:1 the id says it. In a group its owner knows, and
 * what he says of a user is taken as it is: `trusted`.
 */
export type MembersOf = (conversation: string) => readonly string[] | "trusted" | undefined;

export const membersOf: MembersOf = (conversation) => {
  if (isDirectId(conversation)) return directMembers(conversation);
  return isGroupId(conversation) ? "trusted" : undefined;
};

/** Whether a move of this user can be one of a conversation with these members. */
export function isMember(members: readonly string[] | "trusted", user: string): boolean {
  return members === "trusted" ? isUserId(user) : members.includes(user);
}
