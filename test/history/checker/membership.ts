import type { Fact } from "../events.js";

interface Interval {
  readonly from: number;
  readonly through: number;
}

/** Which entries of one conversation one user may see. */
export class Member {
  /** Ascending. */
  readonly intervals: Interval[] = [];

  constructor(readonly user: string) {}

  add({ from, through }: Interval): void {
    const same = this.intervals.findIndex((interval) => interval.from === from);
    if (same >= 0) this.intervals.splice(same, 1);
    this.intervals.push({ from, through: through || Number.POSITIVE_INFINITY });
    this.intervals.sort((a, b) => a.from - b.from);
  }

  sees(seq: number): boolean {
    return this.intervals.some(({ from, through }) => seq >= from && seq <= through);
  }

  /** The last seq up to this one that the user may see; 0 when there is none. */
  lastUpTo(seq: number): number {
    let last = 0;
    for (const { from, through } of this.intervals) {
      if (from <= seq) last = Math.min(seq, through);
    }
    return last;
  }

  /** The first seq after this one that the user may see. */
  firstAfter(seq: number): number {
    for (const { from, through } of this.intervals) {
      if (through > seq) return Math.max(from, seq + 1);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Where the interval begins that has no end; infinite when the user is no member now. */
  get since(): number {
    const last = this.intervals.at(-1);
    return last?.through === Number.POSITIVE_INFINITY ? last.from : Number.POSITIVE_INFINITY;
  }
}

/** The members of all conversations of a history. Who is what is told by seq, so it may be known beforehand. */
export class Membership {
  readonly #members = new Map<string, Map<string, Member>>();

  add({ conversation, user, from, through }: Fact<"member">): void {
    let members = this.#members.get(conversation);
    if (members === undefined) {
      members = new Map();
      this.#members.set(conversation, members);
    }
    let member = members.get(user);
    if (member === undefined) {
      member = new Member(user);
      members.set(user, member);
    }
    member.add({ from, through });
  }

  of(conversation: string): ReadonlyMap<string, Member> {
    return this.#members.get(conversation) ?? NOBODY;
  }

  member(conversation: string, user: string): Member | undefined {
    return this.#members.get(conversation)?.get(user);
  }

  get conversations(): Iterable<string> {
    return this.#members.keys();
  }
}

const NOBODY: ReadonlyMap<string, Member> = new Map();
