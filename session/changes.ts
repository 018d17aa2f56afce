import { GroupChange } from "../gen/chat/client/v1/groups.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type {
  ChangeAppended,
  GetMembershipRequest,
  GetMembershipResponse,
  ProposeChangeRequest,
  ProposeChangeResponse,
} from "../gen/chat/session/v1/session.js";
import type { Clock } from "../lib/clock.js";
import { RpcError } from "../lib/errors.js";
import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import { WireWriter } from "../lib/wire/writer.js";
import { attentionRecord, memberAttention } from "./attention.js";
import { isSound, judge, membershipOf } from "./change-rules.js";
import { keepClaims, type Lacking, passUnclaimed } from "./claims.js";
import { Conversation, newMember, type OwnedMember } from "./conversation.js";
import { busy, type Conversations } from "./conversations.js";
import type { GroupCursors } from "./group-cursors.js";
import type { HomeUser } from "./home-user.js";
import { isCurrent } from "./membership.js";
import { plainMember } from "./sending.js";
import { Settled } from "./settled.js";
import type { Shard } from "./shard.js";
import type { CommitRecord, Member, StoredEntry } from "./store.js";
import { exceptFor } from "./ticks.js";

export interface ChangesDeps {
  readonly clock: Clock;
  readonly conversations: Conversations;
  readonly shards: readonly Shard[];
  readonly home: (user: string) => HomeUser;
  readonly touched: (shard: Shard) => void;
  /** Waits, for a moment at most, until the ticks of the group are known. */
  readonly ticksKnown: (conversation: Conversation, going: readonly string[]) => Promise<void>;
  /** The entry of the change is durable. */
  readonly committed: (conversation: Conversation, entry: StoredEntry, by: OwnedMember) => void;
  /** One who left long ago is no longer remembered. */
  readonly dropMember: (conversation: Conversation, member: OwnedMember) => void;
}

/**
 * Changes of groups: appended in order like messages, one at a time per group, each in force for whatever follows it in the
 * log. A question about a group waits for the change that is on its way: nothing is told that is not durable.
 */
export class Changes {
  readonly #settled: Settled;
  #entry = new WireWriter(4096);

  constructor(readonly deps: ChangesDeps) {
    this.#settled = new Settled(deps.conversations);
  }

  async propose(proposal: ProposeChangeRequest): Promise<ProposeChangeResponse> {
    if (proposal.remove.length > 0) {
      // What authors were told is kept with the change: who counted for it may be gone behind it.
      const { ticksKnown } = this.deps;
      const known = async (found: Conversation | undefined) => {
        if (found !== undefined) await ticksKnown(found, proposal.remove);
      };
      await this.#settled.run(proposal.conversation, false, known);
    }
    return this.#settled.run(proposal.conversation, false, async (conversation) => {
      const outcome = judge(conversation, proposal);
      if (outcome !== undefined) return { outcome };
      if (!isSound(conversation, proposal)) {
        throw new RpcError(ErrorReason.INVALID, "the change does not fit the members there are");
      }
      const value = await this.#append(conversation ?? this.#create(proposal), proposal);
      return { outcome: { $case: "appended", value } };
    });
  }

  membership(request: GetMembershipRequest): Promise<GetMembershipResponse> {
    return this.#settled.run(request.conversation, false, async (conversation) => {
      const isKnown = conversation?.version === request.knownVersion;
      return { membership: isKnown ? undefined : membershipOf(conversation) };
    });
  }

  #create({ conversation: id }: ProposeChangeRequest): Conversation {
    const shard = this.deps.shards[shardOf(id, limits.shards)] as Shard;
    // Nothing may stay in memory of a group that could not be made.
    if (!shard.owned || !shard.hasRoom) throw busy();
    const conversation = new Conversation(id, shard.id);
    (conversation.cursors as GroupCursors).known = true;
    this.deps.conversations.adopt(conversation);
    return conversation;
  }

  #append(conversation: Conversation, proposal: ProposeChangeRequest): Promise<ChangeAppended> {
    const shard = this.deps.shards[conversation.shard] as Shard;
    if (!shard.owned || !shard.hasRoom) throw busy();
    const seq = ++conversation.pendingHead;
    this.#apply(conversation, proposal, seq);
    const by = conversation.member(proposal.user) as OwnedMember;
    const entry = this.#encode(by, proposal, seq);
    const records = this.#records(conversation, proposal, entry);
    conversation.activeMs = this.deps.clock.nowMs();
    const { version } = conversation;
    const done = new Promise<ChangeAppended>((resolve, reject) => {
      const committed = () => {
        conversation.changing = undefined;
        this.deps.committed(conversation, entry, by);
        this.#forget(conversation);
        resolve({ version, seq });
      };
      const lost = () => {
        conversation.changing = undefined;
        reject(busy());
      };
      const bytes = 1024 + entry.entry.length + proposal.state.length + rowBytes(conversation);
      shard.appendChange({ kind: "aside", conversation, committed, lost }, records, bytes);
    });
    conversation.changing = done.then(ignore, ignore);
    this.deps.touched(shard);
    return done;
  }

  /** From here on it is in force for whatever follows in the log. */
  #apply(conversation: Conversation, proposal: ProposeChangeRequest, seq: number): void {
    const { add, remove, restricted, user, requestId, fingerprint } = proposal;
    const version = ++conversation.version;
    keepClaims(conversation);
    const lacking = lackingIn(conversation);
    for (const name of add) {
      const known = conversation.member(name);
      const interval = { from: seq, through: 0 };
      if (known !== undefined) {
        const kept = known.intervals.slice(1 - limits.memberIntervalsMax);
        known.intervals = [...kept, interval];
        known.leftVersion = 0;
        continue;
      }
      const member = newMember({ user: name, intervals: [interval] }, this.deps.home(name));
      this.deps.conversations.hold(member);
      conversation.enter(member);
    }
    for (const name of remove) {
      const member = conversation.member(name) as OwnedMember;
      const { from } = member.intervals.at(-1) as { from: number };
      member.intervals = [...member.intervals.slice(0, -1), { from, through: seq }];
      member.leftVersion = version;
    }
    passUnclaimed(conversation, seq, lacking);
    const senders = new Set(proposal.senders);
    for (const member of conversation.members) {
      member.muted = restricted && !senders.has(member.user);
    }
    const before = conversation.group?.changes ?? [];
    const changes = [...before, { user, requestId, fingerprint, version, seq }];
    const state = Buffer.from(proposal.state);
    conversation.group = { state, changes: changes.slice(-limits.groupChangesKept) };
  }

  #encode(by: OwnedMember, proposal: ProposeChangeRequest, seq: number): StoredEntry {
    const out = this.#entry;
    out.uint(1, seq);
    out.encoded(by.home.asSender);
    out.ascii(3, proposal.requestId);
    out.uint(4, this.deps.clock.wallMs());
    out.bytes(6, GroupChange.encode(proposal.change as GroupChange).finish());
    return { seq, entry: out.take() };
  }

  #records(
    conversation: Conversation,
    { add, remove }: ProposeChangeRequest,
    { seq, entry }: StoredEntry,
  ): CommitRecord[] {
    const { id, version, group } = conversation;
    const members = conversation.members.map(groupMember);
    const records: CommitRecord[] = [
      { kind: "entry", conversation: id, seq, entry, device: "" },
      { kind: "members", conversation: id, version, members, ...(group && { group }) },
    ];
    if (!conversation.open) records.push(attentionRecord(conversation, true, seq));
    else if (add.length > 0) records.push(memberAttention(id, true, seq, add));
    if (remove.length > 0) records.push(memberAttention(id, false, seq, remove));
    conversation.open = true;
    return records;
  }

  /** The row of a group is bounded: who left first is forgotten first. */
  #forget(conversation: Conversation): void {
    const former = conversation.members.filter((member) => !isCurrent(member));
    if (former.length <= limits.formerMembersMax) return;
    former.sort((a, b) => leftAt(a) - leftAt(b));
    for (const member of former.slice(0, former.length - limits.formerMembersMax)) {
      this.deps.dropMember(conversation, member);
    }
  }
}

function groupMember(member: OwnedMember): Member {
  const { claims, leftVersion } = member;
  return { ...plainMember(member), claims, ...(leftVersion > 0 && { leftVersion }) };
}

/** Of the members as they are now. */
function lackingIn(conversation: Conversation): Lacking {
  if (conversation.parked === undefined) return () => [];
  const members = conversation.members.filter(isCurrent);
  const all = new Map(members.map((one) => [one, exceptFor(conversation, one.user)]));
  return (author) => all.get(author) ?? [];
}

function leftAt(member: OwnedMember): number {
  return member.intervals.at(-1)?.through ?? 0;
}

/** About what the members take in the conversation's row. */
function rowBytes(conversation: Conversation): number {
  return conversation.members.length * 40;
}

function ignore(): void {}
