import type { HistoryEvent } from "../events.js";
import { inserted, isType, type Mutation, ownIds, pickLine, replaced } from "./mutation.js";

/** What one of two does not want to get from the other one. */
export const blockMutations: readonly Mutation[] = [
  {
    name: "a device shows what its user had blocked",
    breaks: ["I9"],
    apply(events, random) {
      const own = ownIds(events);
      const blocks = blocksOf(events);
      const line = pickLine(events, random, "shown", ({ conversation, seq, id, device }) => {
        return own.get(id) === device && blocks.some((one) => one.hides(conversation, seq));
      });
      if (!line) return undefined;
      const [shown, at] = line;
      const { user } = blocks.find((one) => one.hides(shown.conversation, shown.seq)) as Hole;
      const other = events.find((event) => isType(event, "device") && event.user === user);
      if (other === undefined || !isType(other, "device")) return undefined;
      return inserted(events, at + 1, { ...shown, device: other.device });
    },
  },
  {
    name: "a tick is claimed for what was blocked",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "receipt", ({ exceptRanges = [] }) => {
        return exceptRanges.length > 0;
      });
      return line && replaced(events, line[1], { ...line[0], exceptRanges: [] });
    },
  },
];

interface Hole {
  readonly user: string;
  hides(conversation: string, seq: number): boolean;
}

/** What lies behind the last block of each user that has not ended, and in front of what he sees again. */
function blocksOf(events: readonly HistoryEvent[]): readonly Hole[] {
  const holes: Hole[] = [];
  for (const [at, event] of events.entries()) {
    if (!isType(event, "block")) continue;
    const { conversation, user, seq: from } = event;
    const end = events.slice(at).find((later) => isType(later, "unblock") && later.user === user);
    const to = end !== undefined && isType(end, "unblock") ? end.seq : Number.POSITIVE_INFINITY;
    holes.push({ user, hides: (of, seq) => of === conversation && seq > from && seq < to });
  }
  return holes;
}
