import type { Conversation, OwnedMember } from "./conversation.js";
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

/** Of more the nearest become one: what lies between two has no tick then either, where it was not shown before. */
const RANGES_MAX = 8;

/** Messages of an author below his ticks of which somebody who counts has only a placeholder. */
export type Lacking = (author: OwnedMember) => readonly number[];

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
export function passUnclaimed(
  { members, head }: Conversation,
  seq: number,
  lacking: Lacking = () => [],
): void {
  const joined = new Lowest();
  for (const member of members) if (isCurrent(member)) joined.add(joinedAt(member));
  joined.settle();
  for (const author of members) {
    if (!isCurrent(author)) continue;
    const through = (joined.without(joinedAt(author)) || seq + 1) - 1;
    for (const lacked of lacking(author)) if (lacked <= through) passOne(author, lacked);
    const { claims, lastOwn } = author;
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

/** The last who had it as a placeholder goes: it keeps no tick. */
function passOne(author: OwnedMember, seq: number): void {
  const { claims } = author;
  const one = { from: seq, through: seq };
  author.claims = {
    ...claims,
    undelivered: withRange(claims.undelivered, one),
    unread: withRange(claims.unread, one),
  };
}

function withRange(ranges: readonly Interval[], range: Interval): readonly Interval[] {
  if (range.through < range.from) return ranges;
  const merged: Interval[] = [];
  for (const next of [...ranges, range].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || next.from > last.through + 1) merged.push(next);
    else merged[merged.length - 1] = joinOf(last, next);
  }
  while (merged.length > RANGES_MAX) joinNearest(merged);
  return merged;
}

function joinOf(a: Interval, b: Interval): Interval {
  return { from: a.from, through: Math.max(a.through, b.through) };
}

function joinNearest(ranges: Interval[]): void {
  const gap = (i: number) => (ranges[i + 1] as Interval).from - (ranges[i] as Interval).through;
  let nearest = 0;
  for (let i = 1; i < ranges.length - 1; i++) if (gap(i) < gap(nearest)) nearest = i;
  const [a, b] = ranges.slice(nearest, nearest + 2) as [Interval, Interval];
  ranges.splice(nearest, 2, joinOf(a, b));
}
