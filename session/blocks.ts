import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { SetBlockRequest, SetBlockResponse } from "../gen/chat/session/v1/session.js";
import { RpcError } from "../lib/errors.js";
import { limits } from "../lib/limits.js";
import { memberAttention } from "./attention.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import { busy, type Conversations } from "./conversations.js";
import { isCurrent } from "./membership.js";
import type { Ownership } from "./ownership.js";
import { plainMember } from "./sending.js";
import { Settled } from "./settled.js";
import type { Shard } from "./shard.js";
import type { CommitRecord, Interval } from "./store.js";

export interface BlocksDeps {
  readonly conversations: Conversations;
  readonly shards: readonly Shard[];
  readonly touched: (shard: Shard) => void;
  readonly ownership: Pick<Ownership, "dropEmpty">;
}

/**
 * Blocks of 1:1 conversations. Who blocks the other one sees nothing of what is sent from there on: his interval ends, and another begins
 * when he unblocks him. He remains a member, so ticks of what he has go on; what lies in the hole is named to its author as without ticks.
 */
export class Blocks {
  readonly #settled: Settled;

  constructor(readonly deps: BlocksDeps) {
    this.#settled = new Settled(deps.conversations);
  }

  set(request: SetBlockRequest): Promise<SetBlockResponse> {
    return this.#settled.run(request.conversation, true, async (conversation) => {
      const member = conversation?.member(request.user);
      if (conversation === undefined || member === undefined) {
        throw new RpcError(ErrorReason.NOT_FOUND, "there is no such user");
      }
      if (request.version > member.blockVersion) await this.#commit(conversation, member, request);
      else this.deps.ownership.dropEmpty(conversation);
      return { version: member.blockVersion, seq: placeOf(member) };
    });
  }

  /** In force for whatever follows in the log. */
  #commit(
    conversation: Conversation,
    member: OwnedMember,
    { blocked, version }: SetBlockRequest,
  ): Promise<void> {
    const shard = this.deps.shards[conversation.shard] as Shard;
    if (!shard.owned || !shard.hasRoom) throw busy();
    const { id: name, pendingHead } = conversation;
    const records: CommitRecord[] = [];
    conversation.fresh = false;
    member.blockVersion = version;
    if (blocked === isCurrent(member)) {
      member.intervals = (blocked ? ended : begun)(member.intervals, pendingHead);
      // It may have become busy without him: the next entry does not open it. To the other one it stays as busy as it was.
      if (!blocked && conversation.open) {
        records.push(memberAttention(name, true, pendingHead, [member.user]));
      }
    }
    const members = conversation.members.map(plainMember);
    records.push({ kind: "members", conversation: name, version: conversation.version, members });
    const done = new Promise<void>((resolve, reject) => {
      const committed = () => {
        conversation.changing = undefined;
        resolve();
      };
      const lost = () => {
        conversation.changing = undefined;
        reject(busy());
      };
      const bytes = 512 + 8 * limits.directIntervalsMax;
      shard.appendChange({ kind: "aside", conversation, committed, lost }, records, bytes);
    });
    conversation.changing = done.catch(() => undefined);
    this.deps.touched(shard);
    return done;
  }
}

/** The last interval ends at `seq`; one that holds no entry is not kept. */
function ended(intervals: readonly Interval[], seq: number): readonly Interval[] {
  const kept = intervals.slice(0, -1);
  const { from } = intervals.at(-1) as Interval;
  return from > seq ? kept : [...kept, { from, through: seq }];
}

/** Another one begins behind `seq`; a hole that holds no entry is not kept. Of too many the oldest is not served any more. */
function begun(intervals: readonly Interval[], seq: number): readonly Interval[] {
  const last = intervals.at(-1);
  if (last?.through === seq) return [...intervals.slice(0, -1), { from: last.from, through: 0 }];
  return [...intervals.slice(1 - limits.directIntervalsMax), { from: seq + 1, through: 0 }];
}

function placeOf({ intervals }: OwnedMember): number {
  const last = intervals.at(-1);
  return last?.through || last?.from || 0;
}
