import type { MemberReceipt } from "../gen/chat/client/v1/receipts.js";
import { type Cursors, merge } from "./cursors.js";
import { segmentOf } from "./segment.js";
import type { FlushRow, ReceiptsStore } from "./store.js";

/** Rows read at a time. */
const PAGE_ROWS = 256;

export interface EntryQuestion {
  readonly conversation: string;
  readonly head: number;
  readonly seq: number;
  /** Who counts for the entry. */
  readonly members: readonly string[];
}

/** The durable cursors of a conversation whose newest rows are in or below the segment. */
export async function readCursors(
  store: ReceiptsStore,
  conversation: string,
  segment: number,
): Promise<Cursors> {
  const cursors: Cursors = new Map();
  for (const row of await store.readTail(conversation, segment)) {
    for (const move of row.moves) merge(cursors, move);
  }
  return cursors;
}

/**
 * When each member first received and read the entry. A cursor at or above `seq` was moved there when the head was, so
 * the history before the entry's segment says nothing. Of the rest only segments in which somebody passed the
 * entry are read: the first row of each segment is full and tells who had passed it before.
 */
export async function readReceipts(
  store: ReceiptsStore,
  question: EntryQuestion,
): Promise<MemberReceipt[]> {
  const { conversation, head, seq, members } = question;
  const cursors = await readCursors(store, conversation, segmentOf(head));
  const search = new Search(seq, members, cursors);
  let segment = segmentOf(seq);
  while (search.missing > 0) {
    const next = { segment: segment + 1, flush: 0, writer: "" };
    const [first] = await store.readPage(conversation, next, 1);
    if (!first || search.isPassedIn(first)) {
      await scanSegment(store, conversation, segment, search);
    }
    if (!first) break;
    segment = first.segment;
  }
  return search.result();
}

async function scanSegment(
  store: ReceiptsStore,
  conversation: string,
  segment: number,
  search: Search,
): Promise<void> {
  let after = { segment, flush: 0, writer: "" };
  while (search.missing > 0) {
    const page = await store.readPage(conversation, after, PAGE_ROWS);
    for (const row of page) {
      if (row.segment !== segment) return;
      search.look(row);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) return;
    after = last;
  }
}

/** What is looked for in the history: when each of the members who have passed the entry did so. */
class Search {
  readonly #seq: number;
  readonly #found = new Map<string, MemberReceipt>();
  /** Times that are still to be found: two for each member who has read the entry. */
  missing = 0;

  constructor(seq: number, members: readonly string[], cursors: Cursors) {
    this.#seq = seq;
    for (const user of members) {
      this.#found.set(user, { user, deliveredAtUnixMs: 0, readAtUnixMs: 0 });
      const cursor = cursors.get(user);
      if (cursor && cursor.delivered >= seq) this.missing++;
      if (cursor && cursor.read >= seq) this.missing++;
    }
  }

  /** Whether this full row tells of somebody whose time is still missing: then it lies in the segment before. */
  isPassedIn(row: FlushRow): boolean {
    for (const move of row.moves) {
      const member = this.#found.get(move.user);
      if (!member) continue;
      if (move.delivered >= this.#seq && member.deliveredAtUnixMs === 0) return true;
      if (move.read >= this.#seq && member.readAtUnixMs === 0) return true;
    }
    return false;
  }

  /** The earliest time wins: rows of two writers may lie in any order. */
  look(row: FlushRow): void {
    for (const move of row.moves) {
      const member = this.#found.get(move.user);
      if (!member) continue;
      if (move.delivered >= this.#seq) {
        const earliest = this.#earliest(member.deliveredAtUnixMs, move.deliveredAtMs);
        member.deliveredAtUnixMs = earliest;
      }
      if (move.read >= this.#seq) {
        member.readAtUnixMs = this.#earliest(member.readAtUnixMs, move.readAtMs);
      }
    }
  }

  result(): MemberReceipt[] {
    return [...this.#found.values()];
  }

  #earliest(found: number, atMs: number): number {
    if (found === 0) this.missing--;
    return found === 0 ? atMs : Math.min(found, atMs);
  }
}
