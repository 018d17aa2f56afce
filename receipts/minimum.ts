import type { Cursors } from "./cursors.js";

/** As in chat.receipts.v1.Minimum: the lowest position, who holds it, and the lowest of all the others. */
export interface Minimum {
  readonly lowest: number;
  readonly lowestUser: string;
  readonly withoutLowest: number;
}

/**
 * The minimum of one kind of cursor over the members; who has no cursor is at 0. Of several members at the lowest
 * position the first is named. Without a second member `withoutLowest` is 0: it promises nothing.
 */
export function minimumOf(
  kind: "delivered" | "read",
  members: readonly string[],
  cursors: Cursors,
): Minimum {
  let lowest = 0;
  let lowestUser = "";
  let second = 0;
  for (let i = 0; i < members.length; i++) {
    const user = members[i] as string;
    const at = cursors.get(user)?.[kind] ?? 0;
    if (i === 0 || at < lowest) {
      second = lowest;
      lowest = at;
      lowestUser = user;
    } else if (i === 1 || at < second) {
      second = at;
    }
  }
  return { lowest, lowestUser, withoutLowest: members.length > 1 ? second : 0 };
}
