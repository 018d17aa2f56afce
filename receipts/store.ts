import type { Move } from "./cursors.js";

/**
 * What the receipts service keeps: flush rows, never changed once written, which are the cursors and their history at the
 * same time. Each says in `moves` who moved how far and when; a `full` row says it for all users of the conversation.
 * Merging rows by maximum gives the cursors, in whatever order, and however often a row is merged.
 *
 * A row's key is ((conversation, segment), flush, writer). The writer is a boot id: two writers, or one before and after
 * a restart, never write the same key. Every method rejects with StoreError when the store cannot do it.
 */
export interface ReceiptsStore {
  /**
   * True when nobody else can write while this store is open: then what is in memory is never behind it, and nothing is
   * read again before a full row is written.
   */
  readonly exclusive: boolean;

  /** Raised whenever what was read before is to be read anew, because the outcome of a commit was not known. */
  readonly generation: number;

  /**
   * Makes all rows durable, at most one row per conversation. A rejection means that it is not known which of them are;
   * a read that is answered afterwards shows whether they are, for good.
   */
  commit(rows: readonly FlushRow[]): Promise<void>;

  /**
   * The rows of the newest segment at or below `segment` that has any, newest first, down to and with the second full row
   * if there are so many. One full row would do for one writer; the second covers what a deposed writer did meanwhile.
   */
  readTail(conversation: string, segment: number): Promise<FlushRow[]>;

  /** Up to `limit` rows of the conversation behind `after` in ascending order of key, over all segments. */
  readPage(conversation: string, after: RowPosition, limit: number): Promise<FlushRow[]>;

  close(): Promise<void>;
}

/** The place of a row in its conversation. */
export interface RowPosition {
  readonly segment: number;
  readonly flush: number;
  readonly writer: string;
}

export interface FlushRow extends RowPosition {
  readonly conversation: string;
  /** `moves` holds a cursor for every user who has one. */
  readonly full: boolean;
  readonly moves: readonly Move[];
}

/** Any segment is at or below this one. */
export const NEWEST_SEGMENT = 2 ** 41 - 1;
