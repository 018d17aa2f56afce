import type { PlantedBug } from "../bug.js";

/** Members who come and go. */
export const groupBugs: readonly PlantedBug[] = [
  {
    name: "who was removed gets what follows",
    file: "session/delivery.js",
    find: "if (!canSee(member, seq)) continue; const after",
    replace: "const after",
    breaks: "I9",
    scene: "crew",
  },
  {
    name: "who comes back sees what was said without him",
    file: "session/changes.js",
    find: "known.intervals = [...kept, interval];",
    replace: "known.intervals = [...kept.slice(0, -1), { from: kept.at(-1).from, through: 0 }];",
    breaks: "I9",
    scene: "crew",
  },
  {
    name: "a repeated change is made again",
    file: "lib/recall.js",
    find: "if (made.requestId !== requestId || made.user !== user) continue;",
    replace: "continue;",
    breaks: "I10",
    scene: "crew",
  },
  {
    name: "the last member of a group gets nothing",
    file: "session/delivery.js",
    find: "for (const member of conversation.members) { if (!canSee(member, seq)) continue; const after",
    replace: `const { members } = conversation;
        for (const member of members.length > 2 ? members.slice(0, -1) : members) {
            if (!canSee(member, seq)) continue;
            const after`,
    breaks: "I1",
    scene: "crew",
  },
  {
    name: "a change that is based on an older version is made",
    file: "session/change-rules.js",
    find: "if (version === proposal.expectedVersion) return undefined;",
    replace: "return undefined;",
    breaks: "I2",
    scene: "outdated",
  },
  {
    name: "who has left counts for ticks",
    file: "session/group-cursors.js",
    find: "if (!isCurrent(member)) continue; this.delivered.add",
    replace: "this.delivered.add",
    breaks: "I8",
    scene: "leaver",
  },
  {
    name: "who joins counts for what was sent before",
    file: "session/group-cursors.js",
    find: "return Math.max(cursor, joinedAt(member) - 1);",
    replace: "return cursor;",
    breaks: "I8",
    scene: "joiner",
  },
];
