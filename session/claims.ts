import type { Conversation } from "./conversation.js";
import { Lowest } from "./group-cursors.js";
import { isCurrent, joinedAt } from "./membership.js";
import type { Interval } from "./store.js";

/**
 * What authors of a group have been told of ticks outlives those it was told of. The members of now say nothing of an entry that came
 * before all of them: for it counts what was claimed when the last one went who counted. Pure.
 */

/** What an author of a group was told of ticks, as of the last change of its members. */
export interface Claims {
  /** The ticks he had then. */
  readonly delivered: number;
  readonly read: number;
  /** What had no ✓✓, or was not blue, when the last one went who counted for it: it gets none any more. Ascending. */
  readonly undelivered: readonly Interval[];
  readonly unread: readonly Interval[];
}

/** Further apart they are not remembered: of who is alone so often, the oldest messages get their ticks. */
const RANGES_MAX = 8;

/** The members are about to change. */
export function keepClaims({ cursors, members }: Conversation): void {
  if (cursors?.known !== true) return;
  for (const member of members) {
    if (!isCurrent(member)) continue;
    const { delivered, read } = cursors.ticksOf(member);
    if (delivered === member.claims.delivered && read === member.claims.read) continue;
    member.claims = { ...member.claims, delivered, read };
  }
}

/** The members have changed with the entry at `seq`: for entries of which nobody is left who counts, nothing more will be claimed. */
export function passUnclaimed({ members, head }: Conversation, seq: number): void {
  const joined = new Lowest();
  for (const member of members) if (isCurrent(member)) joined.add(joinedAt(member));
  joined.settle();
  for (const author of members) {
    if (!isCurrent(author)) continue;
    const { claims, lastOwn } = author;
    const through = (joined.without(joinedAt(author)) || seq + 1) - 1;
    // Mostly nothing: one of the first members is still there, or he wrote nothing that lacks its ticks, nor is any of it on its way.
    if (through <= claims.read || (head === seq - 1 && lastOwn <= claims.read)) continue;
    const first = author.intervals[0]?.from ?? 1;
    const past = (ranges: readonly Interval[], told: number) =>
      withRange(ranges, { from: Math.max(told + 1, first), through });
    author.claims = {
      ...claims,
      undelivered: past(claims.undelivered, claims.delivered),
      unread: past(claims.unread, claims.read),
    };
  }
}

function withRange(ranges: readonly Interval[], range: Interval): readonly Interval[] {
  if (range.through < range.from) return ranges;
  const last = ranges.at(-1);
  if (last === undefined || range.from > last.through + 1) {
    return [...ranges, range].slice(-RANGES_MAX);
  }
  const { from } = last;
  return [...ranges.slice(0, -1), { from, through: Math.max(last.through, range.through) }];
}
