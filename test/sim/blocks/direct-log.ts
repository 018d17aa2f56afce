import { peerOf } from "../../../client/ids.js";
import type { Entry } from "../../../gen/chat/client/v1/messages.js";
import { canSee, hiddenUpTo, isCurrent, lastVisible } from "../../../session/membership.js";
import type { Interval, Member } from "../../../session/store.js";
import type { Logged } from "../groups/group-log.js";
import type { Shown } from "../history.js";

/** From when until when a user blocked the other one. */
interface Period {
  readonly fromMs: number;
  untilMs: number;
}

const ALL = [{ from: 1, through: 0 }];

/** One conversation of two as the session's disk has it: what each of them may see of it, and when who blocked whom. */
export class DirectLog {
  readonly entries: Logged[] = [];
  readonly #members = new Map<string, Member>();
  readonly #blocking = new Map<string, Period[]>();

  constructor(
    readonly id: string,
    readonly wrong: (invariant: string, text: string) => void,
  ) {}

  append({ seq, sender, clientMessageId: id, content }: Entry, atMs: number): void {
    if (seq <= this.entries.length) return;
    if (seq > this.entries.length + 1) this.wrong("I4 gap", `${this.id} has no ${seq - 1}`);
    const text = content?.kind?.value.text ?? "";
    this.entries.push({ seq, sender, id, text, version: 0, atMs });
  }

  /** What is in force from now on. */
  follows(members: readonly Member[], atMs: number): void {
    for (const member of members) {
      const { user } = member;
      const seq = this.#changed(member);
      if (seq > 0) this.wrong("I9 block", `${this.id} ${seq}: whether ${user} sees it has changed`);
      this.#members.set(user, member);
      const periods = this.#blocking.get(user) ?? [];
      this.#blocking.set(user, periods);
      const last = periods.at(-1);
      const isBlocking = last?.untilMs === Number.POSITIVE_INFINITY;
      if (isBlocking && isCurrent(member)) last.untilMs = atMs;
      if (!isBlocking && !isCurrent(member))
        periods.push({ fromMs: atMs, untilMs: Number.POSITIVE_INFINITY });
    }
  }

  get shown(): Shown[] {
    return this.entries.map(({ id: clientMessageId, ...entry }) => ({ ...entry, clientMessageId }));
  }

  canSee(user: string, seq: number): boolean {
    return canSee(this.#member(user), seq);
  }

  /** The last entry up to `seq` that the user may see; 0 when there is none. */
  lastVisible(user: string, seq = this.entries.length): number {
    return lastVisible(this.#member(user), seq);
  }

  /** What lies up to `seq` and the other one of the two may not see. */
  hiddenFromOther(user: string, seq: number): readonly Interval[] {
    const peer = peerOf(this.id, user);
    return peer ? hiddenUpTo(this.#member(peer), seq) : [];
  }

  /** The user's newest entry that gets its ticks in the end; 0 when there is none. */
  lastTicked(user: string): number {
    const peer = peerOf(this.id, user) ?? "";
    const own = this.entries.filter(({ sender, seq }) => {
      return sender === user && this.canSee(peer, seq);
    });
    return own.at(-1)?.seq ?? 0;
  }

  blocks(user: string): boolean {
    return this.#blocking.get(user)?.at(-1)?.untilMs === Number.POSITIVE_INFINITY;
  }

  /** Where the block begins that is in force, or where the last one ended: the place that a call is answered with; 0 when there never was one. */
  placeOf(user: string): number {
    if (!this.#blocking.get(user)?.length) return 0;
    const last = this.#member(user).intervals.at(-1);
    return last?.through || last?.from || 0;
  }

  /** Whether there was a moment in which the user blocked the other one. */
  wasBlocking(user: string, fromMs: number, untilMs: number): boolean {
    const periods = this.#blocking.get(user) ?? [];
    return periods.some((one) => one.fromMs <= untilMs && one.untilMs >= fromMs);
  }

  #member(user: string): Member {
    return this.#members.get(user) ?? { user, intervals: ALL };
  }

  /** An entry that he sees from now on, or no longer; 0 when there is none: what is in the log stays as it is to everybody. */
  #changed(member: Member): number {
    const before = this.#member(member.user);
    const entry = this.entries.find(({ seq }) => canSee(before, seq) !== canSee(member, seq));
    return entry?.seq ?? 0;
  }
}
