import { WireReader } from "../lib/wire/reader.js";
import { WireWriter } from "../lib/wire/writer.js";
import { type Cursor, type Move, newCursor, raise } from "./cursors.js";

/**
 * The stored form of a row, in the Protobuf wire format:
 * 1 = base time, 2 = 1 when full, 3 = moves {1 user, 2 delivered, 3 its time − base, 4 read, 5 its time − base}.
 * A `delivered` that follows from `read` is left out.
 */
export function encodeMoves(full: boolean, moves: readonly Move[]): Buffer {
  let base = Number.POSITIVE_INFINITY;
  for (const move of moves) {
    if (move.delivered > 0) base = Math.min(base, move.deliveredAtMs);
    if (move.read > 0) base = Math.min(base, move.readAtMs);
  }
  writer.pos = 0;
  writer.uint(1, Number.isFinite(base) ? base : 0);
  writer.bool(2, full);
  for (const move of moves) {
    writer.open(3, 40);
    writer.ascii(1, move.user);
    if (move.delivered !== move.read || move.deliveredAtMs !== move.readAtMs) {
      writer.uint(2, move.delivered);
      if (move.delivered > 0) writer.uint(3, move.deliveredAtMs - base);
    }
    writer.uint(4, move.read);
    if (move.read > 0) writer.uint(5, move.readAtMs - base);
    writer.close();
  }
  return writer.take();
}

/** Throws WireError when these are not the bytes of a row. */
export function decodeMoves(value: Buffer): { full: boolean; moves: Move[] } {
  let base = 0;
  let full = false;
  const moves: Move[] = [];
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) base = reader.uint();
    else if (reader.field === 2) full = reader.bool();
    else if (reader.field === 3) moves.push(decodeMove(base));
  }
  return { full, moves };
}

function decodeMove(base: number): Move {
  let user = "";
  scratch.delivered = scratch.read = 0;
  scratch.deliveredAtMs = scratch.readAtMs = base;
  inner.enter(reader);
  while (inner.next()) {
    if (inner.field === 1) user = inner.ascii();
    else if (inner.field === 2) scratch.delivered = inner.uint();
    else if (inner.field === 3) scratch.deliveredAtMs = base + inner.uint();
    else if (inner.field === 4) scratch.read = inner.uint();
    else if (inner.field === 5) scratch.readAtMs = base + inner.uint();
  }
  const move: Cursor = newCursor(user);
  raise(move, scratch);
  return move;
}

const writer = new WireWriter();
const reader = new WireReader();
const inner = new WireReader();
const scratch = newCursor("");
