import { Member } from "../checker/membership.js";
import type { SeenEntry } from "../events.js";

/** What a device may learn of a send. */
export type Answer =
  | { readonly kind: "stored"; readonly seq: number }
  | { readonly kind: "refused" }
  | { readonly kind: "none" };

const NONE: Answer = { kind: "none" };

/** One conversation at the model's server: everything in it is durable at once. */
export class Log {
  readonly entries: SeenEntry[] = [];
  readonly members = new Map<string, Member>();
  /** What receipts has stored, by user. */
  readonly delivered = new Map<string, number>();
  readonly read = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
  readonly #outcomes = new Map<string, Answer>();

  constructor(readonly id: string) {}

  get head(): number {
    return this.entries.length;
  }

  join(user: string): number {
    const member = this.members.get(user) ?? new Member(user);
    this.members.set(user, member);
    const from = this.head + 1;
    member.add({ from, through: 0 });
    return from;
  }

  /** What is the newest entry now is his last one. */
  leave(user: string): { from: number; through: number } {
    const member = this.members.get(user) as Member;
    const interval = { from: member.since, through: this.head };
    member.add(interval);
    return interval;
  }

  /** The member of a 1:1 blocks the other one, or does not any more; gives the place. */
  block(user: string, type: "block" | "unblock"): number {
    const member = this.members.get(user) as Member;
    const seq = type === "block" ? this.head : this.head + 1;
    member[type](seq);
    return seq;
  }

  blocks(user: string): boolean {
    return this.members.get(user)?.sees(this.head + 1) === false;
  }

  isMember(user: string): boolean {
    return (this.members.get(user)?.since ?? Number.POSITIVE_INFINITY) < Number.POSITIVE_INFINITY;
  }

  append(entry: Omit<SeenEntry, "seq">): number {
    const seq = this.head + 1;
    this.entries.push({ seq, ...entry });
    return seq;
  }

  /** Dedup first, then the order of numbers, then membership. */
  send(device: string, number: number, message: Omit<SeenEntry, "seq">): Answer {
    const known = this.#outcomes.get(message.id);
    if (known !== undefined) return known;
    if (number !== (this.#numbers.get(device) ?? 0) + 1) return NONE;
    this.#numbers.set(device, number);
    let answer: Answer = { kind: "refused" };
    if (this.isMember(message.sender) && !this.blocks(message.sender)) {
      answer = { kind: "stored", seq: this.append(message) };
    }
    this.#outcomes.set(message.id, answer);
    return answer;
  }

  /** The cursor over all members but one, as far as they count. */
  minimum(of: ReadonlyMap<string, number>, author: string): number {
    let lowest = this.head;
    for (const { user, since } of this.members.values()) {
      if (user === author || since === Number.POSITIVE_INFINITY) continue;
      lowest = Math.min(lowest, Math.max(of.get(user) ?? 0, since - 1));
    }
    return lowest;
  }
}
