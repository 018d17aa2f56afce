import type { OwnedMember } from "./conversation.js";
import { isCurrent, joinedAt } from "./membership.js";

/**
 * The lowest of a group's cursors of one kind. It is kept by counting how many are where: a cursor that rises costs the same
 * whatever the number of members. Pure.
 */
export class Lowest {
  readonly #counts = new Map<number, number>();
  /** The lowest position of all. */
  lowest = 0;
  /** The lowest of all but one who is at `lowest`; 0 when there is no other. */
  next = 0;

  add(at: number): void {
    this.#counts.set(at, (this.#counts.get(at) ?? 0) + 1);
  }

  clear(): void {
    this.#counts.clear();
  }

  /** One cursor rose. True when `lowest` or `next` did. */
  rise(from: number, to: number): boolean {
    const left = (this.#counts.get(from) ?? 0) - 1;
    if (left > 0) this.#counts.set(from, left);
    else this.#counts.delete(from);
    this.add(to);
    // Above both it changes neither, nor does it while two or more stay where they are.
    const { lowest, next } = this;
    if (from > lowest && from > next) return false;
    if (from === lowest && left > 1) return false;
    this.settle();
    return this.lowest !== lowest || this.next !== next;
  }

  /** Finds both among the positions there are: mostly a few. */
  settle(): void {
    let lowest = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    for (const at of this.#counts.keys()) {
      if (at < lowest) {
        second = lowest;
        lowest = at;
      } else if (at < second) second = at;
    }
    const next = (this.#counts.get(lowest) ?? 0) > 1 ? lowest : second;
    this.lowest = Number.isFinite(lowest) ? lowest : 0;
    this.next = Number.isFinite(next) ? next : 0;
  }

  /** What an author who is himself at `own` is told: the lowest of the others. */
  without(own: number): number {
    return own === this.lowest ? this.next : this.lowest;
  }
}

/**
 * What follows from the durable cursors of a group's members: who counts is known here. A member counts for what was sent since he
 * joined, so below that his cursor is taken as if it were there; and joining raises no stored cursor.
 */
export class GroupCursors {
  readonly delivered = new Lowest();
  readonly read = new Lowest();
  /**
   * Receipts has told all cursors since the group was loaded. Until then the true ones may be higher, and nobody is told any: he may
   * have been told of higher ones before.
   */
  known = false;
  /** Who is to be told his ticks, or of his own reading, when they are known. */
  readonly untold = new Set<OwnedMember>();
  /** When receipts was asked for them. */
  askedMs = Number.NEGATIVE_INFINITY;
  /** Who waits until they are known, and whether that took too long before. */
  readonly waiting = new Set<() => void>();
  late = false;
  /** The version of the group whose members these are, and how many they are. */
  #version = 0;
  #count = 0;

  /** The members, or many of their cursors, are others now. */
  rebuild(members: readonly OwnedMember[], version: number): void {
    this.#version = version;
    this.#count = 0;
    this.delivered.clear();
    this.read.clear();
    for (const member of members) {
      if (!isCurrent(member)) continue;
      this.delivered.add(placeOf(member, member.confirmedDelivered));
      this.read.add(placeOf(member, member.confirmedRead));
      this.#count++;
    }
    this.delivered.settle();
    this.read.settle();
  }

  /** Durable cursors of a member rose from these. True when a tick of somebody may rise with them. */
  rose(member: OwnedMember, delivered: number, read: number): boolean {
    if (!isCurrent(member)) return false;
    const byDelivered = rise(this.delivered, member, delivered, member.confirmedDelivered);
    const byRead = rise(this.read, member, read, member.confirmedRead);
    return byDelivered || byRead;
  }

  /**
   * The version of the group when no tick is to come for this author: that of now when he is alone in it, that of his leaving when he is
   * in it no more, since of what came later he learns nothing. Else 0.
   */
  settledFor(author: OwnedMember): number {
    if (!isCurrent(author)) return author.leftVersion;
    return this.#count < 2 ? this.#version : 0;
  }

  /** What was claimed stays: when nobody else is left who counts, and for who is no member any more. */
  ticksOf(author: OwnedMember): { delivered: number; read: number } {
    const { claims } = author;
    if (!isCurrent(author)) return claims;
    const delivered = this.delivered.without(placeOf(author, author.confirmedDelivered));
    const read = this.read.without(placeOf(author, author.confirmedRead));
    return {
      delivered: Math.max(claims.delivered, delivered),
      read: Math.max(claims.read, read),
    };
  }
}

function rise(lowest: Lowest, member: OwnedMember, before: number, after: number): boolean {
  const from = placeOf(member, before);
  const to = placeOf(member, after);
  return to > from && lowest.rise(from, to);
}

function placeOf(member: OwnedMember, cursor: number): number {
  return Math.max(cursor, joinedAt(member) - 1);
}
