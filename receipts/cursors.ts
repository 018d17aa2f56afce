/** How far a user is in a conversation, and since when. Both positions only rise; read ≤ delivered. */
export interface Cursor {
  user: string;
  delivered: number;
  /** When the owner was told of `delivered`, Unix time in milliseconds. */
  deliveredAtMs: number;
  read: number;
  readAtMs: number;
}

/** Cursors of one conversation by user. */
export type Cursors = Map<string, Cursor>;

/** What may raise a cursor: a position of 0 says nothing. */
export type Move = Readonly<Cursor>;

export function newCursor(user: string): Cursor {
  return { user, delivered: 0, deliveredAtMs: 0, read: 0, readAtMs: 0 };
}

/**
 * Takes the maximum of each position. The time is that of the move which reached the maximum: it may be later than
 * the truth for a lower position that was skipped, never earlier. Of two moves to the same position the earlier counts.
 */
export function raise(into: Cursor, move: Move): void {
  raiseDelivered(into, move.delivered, move.deliveredAtMs);
  if (move.read === 0) return;
  raiseDelivered(into, move.read, move.readAtMs);
  if (move.read > into.read) {
    into.read = move.read;
    into.readAtMs = move.readAtMs;
  } else if (move.read === into.read && move.readAtMs < into.readAtMs) {
    into.readAtMs = move.readAtMs;
  }
}

/** Raises the cursor of the move's user. */
export function merge(into: Cursors, move: Move): void {
  let cursor = into.get(move.user);
  if (!cursor) {
    cursor = newCursor(move.user);
    into.set(move.user, cursor);
  }
  raise(cursor, move);
}

/** All cursors as they will be after the moves: the content of a full row. */
export function merged(cursors: Cursors, moves: readonly Move[]): Move[] {
  const all: Cursors = new Map();
  for (const cursor of cursors.values()) all.set(cursor.user, { ...cursor });
  for (const move of moves) merge(all, move);
  return [...all.values()];
}

function raiseDelivered(into: Cursor, delivered: number, atMs: number): void {
  if (delivered === 0) return;
  if (delivered > into.delivered) {
    into.delivered = delivered;
    into.deliveredAtMs = atMs;
  } else if (delivered === into.delivered && atMs < into.deliveredAtMs) {
    into.deliveredAtMs = atMs;
  }
}
