import type { Interval, Member } from "./store.js";

/** Which entries a member may see: comparisons of seq with his intervals. Pure. */

/** Whether the member may see the entry at `seq`. */
export function canSee(member: Member, seq: number): boolean {
  for (let i = member.intervals.length - 1; i >= 0; i--) {
    const interval = member.intervals[i] as Member["intervals"][number];
    if (seq >= interval.from) return interval.through === 0 || seq <= interval.through;
  }
  return false;
}

/** The last seq before `seq` that the member may see, 0 when there is none. */
export function previousVisible(member: Member, seq: number): number {
  return lastVisible(member, seq - 1);
}

/** The last seq up to `head` that the member may see, 0 when there is none. */
export function lastVisible(member: Member, head: number): number {
  for (let i = member.intervals.length - 1; i >= 0; i--) {
    const { from, through } = member.intervals[i] as Member["intervals"][number];
    if (head >= from) return through === 0 ? head : Math.min(head, through);
  }
  return 0;
}

/** The first seq after `seq` that the member may see; Infinity when there is none. */
export function nextVisible(member: Member, seq: number): number {
  for (const { from, through } of member.intervals) {
    if (through !== 0 && through <= seq) continue;
    return Math.max(from, seq + 1);
  }
  return Number.POSITIVE_INFINITY;
}

/** How many entries after `after` and up to `head` the member may see. */
export function countVisible(member: Member, after: number, head: number): number {
  let count = 0;
  for (const { from, through } of member.intervals) {
    const last = through === 0 ? head : Math.min(through, head);
    count += Math.max(0, last - Math.max(from - 1, after));
  }
  return count;
}

/** Where the interval that holds `seq` begins; 0 when the member may not see it. */
export function intervalStart(member: Member, seq: number): number {
  for (const { from, through } of member.intervals) {
    if (seq >= from && (through === 0 || seq <= through)) return from;
  }
  return 0;
}

/** What lies up to `seq` and the member may not see, in order. */
export function hiddenUpTo({ intervals }: Member, seq: number): readonly Interval[] {
  const hidden: Interval[] = [];
  let next = 1;
  for (const { from, through } of intervals) {
    if (from > next && next <= seq) hidden.push({ from: next, through: Math.min(from - 1, seq) });
    if (through === 0) return hidden;
    next = through + 1;
  }
  if (next <= seq) hidden.push({ from: next, through: seq });
  return hidden;
}

/** Whether the member is in the conversation now: gets what comes, and may send. In a 1:1: whether he does not block the other one. */
export function isCurrent(member: Member): boolean {
  const last = member.intervals.at(-1);
  return last !== undefined && last.through === 0;
}

/** Whether a tick of the entry needs this member. */
export function countsFor(member: Member, seq: number): boolean {
  return isCurrent(member) && joinedAt(member) <= seq;
}

/** Seq with which the member came, the last time. */
export function joinedAt(member: Member): number {
  return member.intervals.at(-1)?.from ?? 0;
}
