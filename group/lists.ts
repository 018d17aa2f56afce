import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { GroupSummary } from "../gen/chat/group/v1/group.js";
import { RpcError } from "../lib/errors.js";
import { roleIn } from "./group.js";
import type { Peers } from "./peers.js";
import type { GroupRow, GroupStore } from "./store.js";

export interface ListsDeps {
  readonly store: Pick<GroupStore, "groupsOf">;
  readonly peers: Pick<Peers, "others" | "keeperOf">;
  /** Rows are on their way to where a new ring has them: a list would lack some. */
  readonly moving: () => boolean;
}

/** Which of a user's groups: those with ids above `after`, ascending, up to `limit`. */
export interface ListQuestion {
  readonly user: string;
  readonly after: string;
  readonly limit: number;
}

/** The lists of groups: each instance has some of a user's, and each asks all others for theirs. */
export class Lists {
  constructor(readonly deps: ListsDeps) {}

  /** All of a user's. Rejects when an instance cannot say: a list that lacks groups would pass for a whole one. */
  async all(question: ListQuestion): Promise<GroupSummary[]> {
    const { others } = this.deps.peers;
    const asked = others.map(async ({ name, lists }) => {
      return (await lists.listKept({ instance: name, ...question })).groups;
    });
    const parts = await Promise.all([this.kept(question), ...asked]);
    return merge(parts).slice(0, question.limit);
  }

  /** Those this instance keeps. */
  async kept({ user, after, limit }: ListQuestion): Promise<GroupSummary[]> {
    const { store, peers, moving } = this.deps;
    if (moving()) {
      const text = "the lists of groups are being divided anew, try again soon";
      throw new RpcError(ErrorReason.BUSY, text, 1_000);
    }
    const isKept = (group: string) => peers.keeperOf(group) === undefined;
    const rows = await store.groupsOf(user, { after, limit, isKept });
    return rows.map((row) => summaryOf(row, user));
  }
}

/** Two instances tell of the same group only while they were given different rings: the newer row counts. */
function merge(parts: readonly GroupSummary[][]): GroupSummary[] {
  const merged = new Map<string, GroupSummary>();
  for (const summary of parts.flat()) {
    const known = merged.get(summary.group);
    if (known === undefined || known.version < summary.version) merged.set(summary.group, summary);
  }
  return [...merged.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
}

function summaryOf(row: GroupRow, user: string): GroupSummary {
  const { group, name, members, version } = row;
  return { group, name, role: roleIn(row, user), members, version };
}
