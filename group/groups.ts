import type { LRUCache } from "lru-cache";
import { GroupRole } from "../gen/chat/client/v1/groups.js";
import {
  ChangeGroupRequest,
  type ChangeGroupResponse,
  type ChangeRefused,
  RefuseReason,
} from "../gen/chat/group/v1/group.js";
import { GroupState } from "../gen/chat/group/v1/state.js";
import type { Membership, ProposeChangeResponse } from "../gen/chat/session/v1/session.js";
import { boundedCache } from "../lib/bounded-cache.js";
import type { Clock } from "../lib/clock.js";
import { hash53 } from "../lib/hash.js";
import { recall } from "../lib/recall.js";
import { ChangeQueue, crowded } from "./change-queue.js";
import type { GroupEvents } from "./events.js";
import type { Wish } from "./fields.js";
import { type Group, groupOf, next, roleOf } from "./group.js";
import type { Owners } from "./owners.js";
import type { Projections } from "./projections.js";
import { decide, type Effects } from "./rules.js";
import { sendersOf } from "./senders.js";

export interface GroupsDeps {
  readonly owners: Pick<Owners, "of">;
  readonly projections: Projections;
  readonly clock: Clock;
  readonly events: GroupEvents;
  /** Those of the users who exist. */
  readonly existing: (users: readonly string[]) => Promise<{ has(user: string): boolean }>;
  /** Those of the users who do not let this one add them. */
  readonly notAddable: (by: string, users: readonly string[]) => Promise<readonly string[]>;
  readonly membersMax: number;
  readonly cachedMax: number;
}

type Outcome = NonNullable<ChangeGroupResponse["outcome"]>;

/** What auth says of those whom a change would add: why it is refused, if it is. */
interface Asked {
  readonly add: readonly string[];
  readonly refusal: Outcome | undefined;
}

interface Judged {
  readonly wish: Wish;
  readonly print: number;
  readonly asked: Asked | undefined;
}

/** Other instances that change the same group at the same time come first at most this often; then the client tries again. */
const ROUNDS = 8;

/**
 * Judges changes by the rules and proposes them to the owner of the conversation, who has the last word. What is cached of a
 * group may be old: a refusal is only told of what the owner has just said, and a proposal names the version it was judged by.
 */
export class Groups {
  readonly #cache: LRUCache<string, Group>;
  readonly #queue: ChangeQueue;

  constructor(readonly deps: GroupsDeps) {
    this.#cache = boundedCache(deps.cachedMax);
    this.#queue = new ChangeQueue(deps.clock);
  }

  /**
   * One at a time in each group; so a request that is repeated waits for its first copy: what that does may not be refused to this one.
   * Who may be added is asked before, as auth may take its time: nobody else's change waits for that.
   */
  async change(wish: Wish): Promise<Outcome> {
    const asked = await this.#ask(wish);
    return this.#queue.run(wish.group, () => this.#change(wish, asked));
  }

  /** Nothing to ask where the change is refused anyhow, or was made already, as far as is known here; a group that is not is read in turn. */
  async #ask(wish: Wish): Promise<Asked | undefined> {
    const group = this.#cache.get(wish.group);
    if (group === undefined) return undefined;
    const verdict = this.#decide(group, wish);
    if ("refused" in verdict || foretold(group, wish, fingerprintOf(wish))) return undefined;
    const { add } = verdict;
    return { add, refusal: await this.#unaddable(wish.user, add) };
  }

  async #change(wish: Wish, asked: Asked | undefined): Promise<Outcome> {
    const print = fingerprintOf(wish);
    let group = this.#cache.get(wish.group);
    let fresh = group === undefined;
    group ??= await this.read(wish.group);
    for (let round = 0; round < ROUNDS; ) {
      const verdict = await this.#judge(group, { wish, print, asked });
      if ("$case" in verdict) {
        if (fresh) return this.#told(await this.#settled(verdict, wish), group, wish.user);
        group = await this.read(wish.group);
        fresh = true;
        continue;
      }
      const answer = await this.#propose(group, wish, print, verdict);
      if (!("membership" in answer)) return this.#told(answer, group, wish.user);
      group = this.#keep(groupOf(wish.group, answer.membership));
      fresh = true;
      round++;
    }
    throw crowded();
  }

  /** The group as its owner knows it now. */
  async read(id: string): Promise<Group> {
    const known = this.#cache.get(id);
    const knownVersion = known?.version ?? 0;
    const owner = this.deps.owners.of(id);
    const { membership } = await owner.getMembership({ conversation: id, knownVersion });
    if (membership === undefined && known !== undefined) return known;
    return this.#keep(groupOf(id, membership ?? NOTHING));
  }

  #keep(group: Group): Group {
    if (group.version > 0) this.#cache.set(group.group, group);
    return group;
  }

  /** What changes, or the answer: from an earlier request of the same id, or a refusal. */
  async #judge(group: Group, { wish, print, asked }: Judged): Promise<Effects | Outcome> {
    const { user } = wish;
    const verdict = this.#decide(group, wish);
    const refused = "refused" in verdict;
    // Who never was a member cannot have changed anything, and learns nothing of the group.
    const mayHave = !refused || isMember(group, user) || group.former.has(user);
    const before = mayHave ? foretold(group, wish, print) : undefined;
    if (before !== undefined) return before;
    if (refused) return refusal({ reason: verdict.refused, user: verdict.about });
    const same = asked !== undefined && isSame(asked.add, verdict.add);
    return (same ? asked.refusal : await this.#unaddable(user, verdict.add)) ?? verdict;
  }

  #decide(group: Group, { user, action }: Wish) {
    const { clock, membersMax } = this.deps;
    return decide(group, action, { user, nowMs: clock.wallMs(), membersMax });
  }

  /** The refusal when one of those who would be members does not exist, or does not let the caller add him. */
  async #unaddable(caller: string, add: readonly string[]): Promise<Outcome | undefined> {
    const others = add.filter((user) => user !== caller);
    if (others.length === 0) return undefined;
    const { existing, notAddable } = this.deps;
    const known = await existing(others);
    const missing = others.find((user) => !known.has(user));
    if (missing !== undefined) return refusal({ reason: RefuseReason.NO_SUCH_USER, user: missing });
    const users = await notAddable(caller, others);
    if (users.length === 0) return undefined;
    return refusal({ reason: RefuseReason.INVITE_ONLY, users: [...users] });
  }

  /** Gives the answer, or what the group is now when it is not what the change was judged by. */
  async #propose(
    group: Group,
    wish: Wish,
    fingerprint: number,
    effects: Effects,
  ): Promise<Outcome | { membership: Membership }> {
    const { user, group: id, requestId, seenVersion } = wish;
    const { projections, owners } = this.deps;
    const version = group.version + 1;
    await projections.expect(id, requestId);
    const { outcome } = await owners.of(id).proposeChange({
      conversation: id,
      user,
      requestId,
      fingerprint,
      seenVersion,
      expectedVersion: group.version,
      change: { version, kind: effects.kind },
      add: [...effects.add],
      remove: [...effects.remove],
      ...sendersOf(effects.state),
      state: Buffer.from(GroupState.encode(effects.state).finish()),
    });
    if (outcome?.$case === "mismatch") return { membership: outcome.value };
    if (outcome?.$case === "appended" && outcome.value.version === version) {
      const { seq } = outcome.value;
      const done = { user, requestId, fingerprint, version, seq };
      const after = this.#keep(next(group, effects, done));
      await projections.changed(after, effects, requestId);
      return outcomeOf(outcome);
    }
    return this.#settled(outcomeOf(outcome), wish);
  }

  /** A change that an earlier request made: its answer may have been lost, and then the lists lack it. */
  async #settled(outcome: Outcome, { group, requestId }: Wish): Promise<Outcome> {
    if (outcome.$case === "changed") await this.deps.projections.settle(group, requestId);
    return outcome;
  }

  /** What the caller is told. Only members learn which version a refusal is about. */
  #told(outcome: Outcome, group: Group, user: string): Outcome {
    const { events } = this.deps;
    if (outcome.$case === "changed") {
      events.changed();
      return outcome;
    }
    events.refused("ChangeGroup", RefuseReason[outcome.value.reason] ?? "");
    return isMember(group, user) ? refusal({ ...outcome.value, version: group.version }) : outcome;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((user, i) => user === b[i]);
}

function isMember(group: Group, user: string): boolean {
  return roleOf(group, user) !== GroupRole.UNSPECIFIED;
}

/** What the owner would say of the request from what it remembers of changes. */
function foretold(group: Group, wish: Wish, fingerprint: number): Outcome | undefined {
  const made = recall(group, { ...wish, fingerprint });
  if (made === undefined) return undefined;
  if (made === "conflict") return refusal({ reason: RefuseReason.CONFLICT });
  if (made === "stale") return refusal({ reason: RefuseReason.STALE });
  return { $case: "changed", value: { version: made.version, seq: made.seq } };
}

function outcomeOf(outcome: ProposeChangeResponse["outcome"]): Outcome {
  if (outcome?.$case === "appended") return { $case: "changed", value: outcome.value };
  if (outcome?.$case === "conflict") return refusal({ reason: RefuseReason.CONFLICT });
  return refusal({ reason: RefuseReason.STALE });
}

function refusal(fields: Partial<ChangeRefused> & { readonly reason: RefuseReason }): Outcome {
  const { reason, user = "", version = 0, users = [] } = fields;
  return { $case: "refused", value: { reason, user, version, users } };
}

/** What tells a repeated request from another one under the same id: all it asks for. */
function fingerprintOf({ user, group, action }: Wish): number {
  const same = { user, group, requestId: "", seenVersion: 0, action };
  return hash53(ChangeGroupRequest.encode(same).finish());
}

const NOTHING: Membership = {
  version: 0,
  members: [],
  former: [],
  state: Buffer.alloc(0),
  changes: [],
};
