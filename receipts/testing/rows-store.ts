import { StoreError } from "../../lib/store/kv.js";
import { type Cursors, merge } from "../cursors.js";
import { decodeMoves, encodeMoves } from "../row.js";
import type { FlushRow, ReceiptsStore, RowPosition } from "../store.js";

/** What became of a commit, and what its writer was told. */
export type Outcome = "written" | "lost" | "written-but-unknown";

interface Held {
  readonly rows: readonly FlushRow[];
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

/** A list of rows whose commits succeed or fail when the test says so. Several of them may share one list. */
export class RowsStore implements ReceiptsStore {
  generation = 0;
  /** Commits wait for `settle`. */
  hold = false;
  /** Reads fail. */
  broken = false;
  commits = 0;
  reads = 0;
  /** Conversations read at the moment, and the most there ever were. */
  reading = 0;
  readingMax = 0;
  held: Held | undefined;

  constructor(
    readonly rows: FlushRow[] = [],
    readonly exclusive = true,
  ) {}

  commit(rows: readonly FlushRow[]): Promise<void> {
    this.commits++;
    if (this.held) throw new Error("two commits in flight");
    if (!this.hold) {
      this.#put(rows);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.held = { rows, resolve, reject };
    });
  }

  /** Ends the commit that is held, if there is one. */
  settle(outcome: Outcome): void {
    const { held } = this;
    if (!held) return;
    this.held = undefined;
    if (outcome !== "lost") this.#put(held.rows);
    if (outcome === "written") held.resolve();
    else held.reject(new StoreError("io", "The disk said no."));
  }

  async readTail(conversation: string, segment: number): Promise<FlushRow[]> {
    await this.#read();
    const below = this.#of(conversation).filter((row) => row.segment <= segment);
    const newest = below.at(-1)?.segment;
    const rows = below.filter((row) => row.segment === newest).reverse();
    let full = 0;
    const end = rows.findIndex((row) => row.full && ++full === 2);
    return end < 0 ? rows : rows.slice(0, end + 1);
  }

  async readPage(conversation: string, after: RowPosition, limit: number): Promise<FlushRow[]> {
    await this.#read();
    return this.#of(conversation)
      .filter((row) => compare(row, after) > 0)
      .slice(0, limit);
  }

  async close(): Promise<void> {}

  /** All rows of a conversation merged: the truth about what is durable. */
  durable(conversation: string): Cursors {
    const cursors: Cursors = new Map();
    for (const row of this.#of(conversation)) for (const move of row.moves) merge(cursors, move);
    return cursors;
  }

  async #read(): Promise<void> {
    this.reads++;
    this.readingMax = Math.max(this.readingMax, ++this.reading);
    await Promise.resolve();
    this.reading--;
    if (this.broken) throw new StoreError("io", "The disk cannot be read.");
  }

  #of(conversation: string): FlushRow[] {
    return this.rows.filter((row) => row.conversation === conversation).sort(compare);
  }

  #put(rows: readonly FlushRow[]): void {
    for (const row of rows) {
      if (this.#of(row.conversation).some((known) => compare(known, row) === 0)) {
        throw new Error("a row was overwritten");
      }
      this.rows.push({ ...row, ...decodeMoves(encodeMoves(row.full, row.moves)) });
    }
  }
}

function compare(a: RowPosition, b: RowPosition): number {
  if (a.segment !== b.segment) return a.segment - b.segment;
  if (a.flush !== b.flush) return a.flush - b.flush;
  return a.writer < b.writer ? -1 : a.writer > b.writer ? 1 : 0;
}
