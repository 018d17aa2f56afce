import type { Fact } from "../events.js";

interface Interval {
  readonly from: number;
  readonly through: number;
}

/** Which entries of one conversation one user may see. */
export class Member {
  /** Ascending, one behind the other. */
  readonly intervals: Interval[] = [];

  /** He has blocked the other one of a 1:1, or did: what he does not see lies in holes, he always counts. */
  #hasHoles = false;

  constructor(readonly user: string) {}

  block(seq: number): void {
    this.#hasHoles = true;
    const last = this.intervals.pop();
    if (last !== undefined && last.from <= seq) this.add({ from: last.from, through: seq });
  }

  unblock(seq: number): void {
    this.add({ from: seq, through: 0 });
  }

  /** What lies up to `seq` and was sent while he blocked its author, where he sees later entries. */
  *holes(seq: number): Generator<Interval> {
    if (!this.#hasHoles) return;
    let next = 1;
    for (const { from, through } of this.intervals) {
      if (next > seq) return;
      if (from > next) yield { from: next, through: from - 1 };
      next = through + 1;
    }
  }

  add({ from, through }: Interval): void {
    const interval = { from, through: through || Number.POSITIVE_INFINITY };
    const before = this.#lastFrom(from);
    const replaced = this.intervals[before]?.from === from ? 1 : 0;
    this.intervals.splice(before + 1 - replaced, replaced, interval);
  }

  /** The place of the last interval that begins at or before `seq`; -1 when there is none. */
  #lastFrom(seq: number): number {
    let low = 0;
    let high = this.intervals.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.intervals[middle] as Interval).from <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  sees(seq: number): boolean {
    const interval = this.intervals[this.#lastFrom(seq)];
    return interval !== undefined && seq <= interval.through;
  }

  /** The last seq up to this one that the user may see; 0 when there is none. */
  lastUpTo(seq: number): number {
    const interval = this.intervals[this.#lastFrom(seq)];
    return interval === undefined ? 0 : Math.min(seq, interval.through);
  }

  /** The first seq after this one that the user may see. */
  firstAfter(seq: number): number {
    const at = this.#lastFrom(seq);
    const interval = this.intervals[at];
    if (interval !== undefined && interval.through > seq) return seq + 1;
    return this.intervals[at + 1]?.from ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the user is a member while `head` is the newest entry, and stays one: whose last entry it is may have left already. */
  isIn(head: number): boolean {
    const interval = this.intervals[this.#lastFrom(head)];
    return interval !== undefined && interval.through > head;
  }

  /** Whether the user counts for the entry at `seq` while `head` is the newest one, or may do so. */
  mayCount(seq: number, head: number): boolean {
    const interval = this.intervals[this.#lastFrom(head)];
    return interval !== undefined && interval.from <= seq && interval.through >= head;
  }

  /** Where the interval begins that has no end; infinite when the user is no member now. */
  get since(): number {
    if (this.#hasHoles) return 1;
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

  /** Behind all `add`: who is a member of a 1:1 may be noted at any time. */
  block({ type, conversation, user, seq }: Fact<"block" | "unblock">): void {
    this.member(conversation, user)?.[type](seq);
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
