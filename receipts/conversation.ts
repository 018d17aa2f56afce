import type { Link } from "../lib/link/link.js";
import { type Cursor, type Cursors, type Move, merge, merged, raise } from "./cursors.js";
import { type Minimum, minimumOf } from "./minimum.js";
import { segmentOf } from "./segment.js";
import type { FlushRow } from "./store.js";

/** A user's move that is not durable yet, and who is told when it is. */
export interface Pending extends Cursor {
  link: Link;
}

/** A question about the durable cursors, waiting for the conversation to be read. */
export interface CursorQuestion {
  readonly link: Link;
  readonly request: number;
  readonly user: string;
  /** In a group: who else is asked for. */
  readonly members: readonly string[];
}

/** Every so many rows one is full: a cold load reads about as many. */
export const FULL_EVERY = 64;

/** One conversation in memory: what is durable, and what waits to be. No I/O. */
export class Conversation {
  /** The highest head heard of. */
  head = 0;
  /** What is durable, as far as `readAt` says so. */
  readonly cursors: Cursors = new Map();
  pending = new Map<string, Pending>();
  questions: CursorQuestion[] = [];
  /** Marks of the loops: is it in the list of the ready ones, is it being read, is its last flush too recent. */
  ready = false;
  loading = false;
  resting = false;
  /** Its moves are in the commit that is under way. */
  flying = false;

  /** The store's generation at which it was read; −1: not read. */
  #readAt = -1;
  /** Nothing was written since it was read. */
  #fresh = false;
  #segment = -1;
  #flush = 0;
  #sinceFull = 0;

  constructor(
    readonly id: string,
    readonly members: readonly string[] | "trusted",
  ) {}

  /** Whether something keeps it in memory. */
  get busy(): boolean {
    const { pending, questions, ready, loading, flying } = this;
    return pending.size > 0 || questions.length > 0 || ready || loading || flying;
  }

  /** Whether `cursors` holds what the store holds. */
  isRead(generation: number): boolean {
    return this.#readAt === generation;
  }

  /** Whether a row may be written now: before a full one, what another writer may have written is to be read. */
  mayWrite(generation: number, exclusive: boolean): boolean {
    if (!this.isRead(generation)) return false;
    return exclusive || this.#fresh || !this.#isFullDue();
  }

  /** Adds a move; the highest of each kind wins. True when the user had none pending. */
  add(move: Move, link: Link): boolean {
    const { user } = move;
    const known = this.pending.get(user);
    if (known) {
      raise(known, move);
      known.link = link;
      return false;
    }
    const pending = { user, delivered: 0, deliveredAtMs: 0, read: 0, readAtMs: 0, link };
    raise(pending, move);
    this.pending.set(user, pending);
    return true;
  }

  /** Takes in what the store holds: rows of one segment, newest first. */
  read(tail: readonly FlushRow[], generation: number): void {
    if (this.#readAt !== generation) this.forget();
    for (const row of tail) for (const move of row.moves) merge(this.cursors, move);
    const newest = tail[0];
    if (newest) {
      this.#segment = newest.segment;
      this.#flush = Math.max(this.#flush, newest.flush);
      const full = tail.findIndex((row) => row.full);
      this.#sinceFull = full < 0 ? tail.length : full;
    }
    this.#readAt = generation;
    this.#fresh = true;
  }

  /** Drops what was held to be durable: it is to be read again. */
  forget(): void {
    this.cursors.clear();
    this.#readAt = -1;
    this.#segment = -1;
    this.#flush = 0;
    this.#sinceFull = 0;
  }

  /** The next row with these moves, which are above the cursors. */
  nextRow(moves: readonly Move[], writer: string): FlushRow {
    const full = this.#isFullDue();
    return {
      conversation: this.id,
      segment: this.#nextSegment(),
      flush: this.#flush + 1,
      writer,
      full,
      moves: full ? merged(this.cursors, moves) : moves,
    };
  }

  /** The row is durable. */
  wrote(row: FlushRow): void {
    for (const move of row.moves) merge(this.cursors, move);
    this.#segment = row.segment;
    this.#flush = row.flush;
    this.#sinceFull = row.full ? 0 : this.#sinceFull + 1;
    this.#fresh = false;
  }

  /** Undefined in a group, where not all who have cursors count. */
  minimum(kind: "delivered" | "read"): Minimum | undefined {
    if (this.members === "trusted") return undefined;
    return minimumOf(kind, this.members, this.cursors);
  }

  /** History is never written behind the newest row. */
  #nextSegment(): number {
    return Math.max(this.#segment, segmentOf(this.head));
  }

  #isFullDue(): boolean {
    return this.#nextSegment() !== this.#segment || this.#sinceFull >= FULL_EVERY - 1;
  }
}
