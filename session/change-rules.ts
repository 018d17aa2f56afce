import type {
  Membership,
  ProposeChangeRequest,
  ProposeChangeResponse,
} from "../gen/chat/session/v1/session.js";
import { limits } from "../lib/limits.js";
import { type Asked, recall } from "../lib/recall.js";
import type { Conversation } from "./conversation.js";
import { isCurrent, joinedAt } from "./membership.js";

/** What the owner of a group decides about changes: has it been made, is it about what there is. The rules are the group service's. Pure. */

/** What a proposal is recognised and placed by. */
export interface ProposalKey extends Asked {
  readonly expectedVersion: number;
}

/** The answer, or undefined when the change is to be appended. */
export function judge(
  conversation: Conversation | undefined,
  proposal: ProposalKey,
): ProposeChangeResponse["outcome"] {
  const { version = 0, group } = conversation ?? {};
  const made = recall({ version, changes: group?.changes ?? [] }, proposal);
  if (made === "conflict" || made === "stale") return { $case: made, value: {} };
  if (made !== undefined) {
    return { $case: "appended", value: { version: made.version, seq: made.seq } };
  }
  if (version === proposal.expectedVersion) return undefined;
  return { $case: "mismatch", value: membershipOf(conversation) };
}

/** Whether what the change does to the members can be done to those there are. */
export function isSound(
  conversation: Conversation | undefined,
  { user, add, remove }: Pick<ProposeChangeRequest, "user" | "add" | "remove">,
): boolean {
  const current = new Set<string>();
  for (const member of conversation?.members ?? []) {
    if (isCurrent(member)) current.add(member.user);
  }
  const before = current.size;
  for (const name of remove) if (!current.delete(name)) return false;
  for (const name of add) current.add(name);
  const asCounted = current.size === before + add.length - remove.length;
  const isKnown = current.has(user) || conversation?.member(user) !== undefined;
  return asCounted && isKnown && current.size <= limits.groupMembersMax;
}

/** Who is in the group, for the group service. */
export function membershipOf(conversation: Conversation | undefined): Membership {
  const { version = 0, members = [], group } = conversation ?? {};
  // Those who joined with one change stay in the order of that change: sorting keeps it.
  const current = members.filter(isCurrent).sort((a, b) => joinedAt(a) - joinedAt(b));
  return {
    version,
    members: current.map(({ user }) => user),
    former: members.filter((member) => !isCurrent(member)).map(({ user }) => user),
    state: group?.state ?? Buffer.alloc(0),
    changes: [...(group?.changes ?? [])],
  };
}
