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
    file: "session/placeholders.js",
    find: "if (!parked?.durable) return deliver(connection, conversation, after, entry);",
    replace: `if (!parked?.durable) return deliver(connection, conversation, after, entry);
    return true;`,
    breaks: "I1",
    scene: "poison",
  },
  {
    name: "a placeholder that was lost is not sent again",
    file: "session/placeholders.js",
    find: "if (!parked?.durable)",
    replace: `if (parked?.durable) {
        if (parked.sent) return true;
        parked.sent = true;
    }
    if (!parked?.durable)`,
    breaks: "I1",
    scene: "unheld",
  },
  {
    name: "a placeholder moves no cursor",
    file: "session/delivery.js",
    find: "if (seq > member.delivered) { member.delivered = seq;",
    replace: `if (seq > member.delivered && conversation.parked?.get(device.id, seq) === undefined) {
            member.delivered = seq;`,
    breaks: "I8",
    scene: "poison",
  },
  {
    name: "a replay leaves the letter",
    file: "session/parking.js",
    find: "conversation.parked?.remove(parked);",
    replace: "",
    breaks: "I8",
    scene: "replay",
  },
];
