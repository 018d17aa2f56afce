import { SEAL_BYTES } from "../../lib/store/checksum.js";
import { decodeMoves } from "../../receipts/row.js";
import type { Change } from "./sim-disk.js";

/** What receipts has on its disk, read from the rows as they are written. */
export class DurableCursors {
  readonly #cursors = new Map<string, { delivered: number; read: number }>();

  written(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      if (!value || !key.startsWith("f")) continue;
      const conversation = key.slice(1, key.indexOf("\0"));
      const { moves } = decodeMoves(value.subarray(0, value.length - SEAL_BYTES));
      for (const { user, delivered, read } of moves) {
        const cursor = this.of(conversation, user);
        cursor.delivered = Math.max(cursor.delivered, delivered);
        cursor.read = Math.max(cursor.read, read);
      }
    }
  }

  of(conversation: string, user: string): { delivered: number; read: number } {
    const key = `${conversation} ${user}`;
    const cursor = this.#cursors.get(key) ?? { delivered: 0, read: 0 };
    this.#cursors.set(key, cursor);
    return cursor;
  }
}
