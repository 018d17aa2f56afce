import type { PlantedBug } from "../bug.js";

/** Messages that a device cannot take in. */
export const poisonBugs: readonly PlantedBug[] = [
  {
    name: "a tick is claimed for what is only a placeholder",
    file: "session/ticks.js",
    find: "const except = exceptFor(conversation, member.user);",
    replace: "const except = NONE;",
    breaks: "I8",
    scene: "poison",
  },
  {
    name: "an entry is parked at its first refusal",
    file: "session/parking.js",
    find: "const last = ++refused.nacks >= limits.nacksMax;",
    replace: "refused.nacks++; const last = true;",
    breaks: "I1",
    scene: "poison",
  },
  {
    name: "a parked entry is left out instead of a placeholder",
    file: "session/delivery.js",
    find: "if (!deliverOrHold(connection, conversation, after, entry))",
    replace: `if (conversation.parked?.get(feed.device.id, entry.seq)?.durable !== true &&
            !deliverOrHold(connection, conversation, after, entry))`,
    breaks: "I1",
    scene: "poison",
  },
];
