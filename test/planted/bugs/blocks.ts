import type { PlantedBug } from "../bug.js";

/** Blocks: what lies in a hole is nobody's but its author's. */
export const blockBugs: readonly PlantedBug[] = [
  {
    name: "a block is stored without its hole",
    file: "session/blocks.js",
    find: "const members = conversation.members.map(plainMember);",
    replace: `const all = [{ from: 1, through: 0 }];
        const members = conversation.members.map((one) => ({ ...plainMember(one), intervals: all }));`,
    breaks: "I9",
    scene: "block",
  },
  {
    name: "a block is lost at a take-over",
    file: "session/store-level-rows.js",
    find: "intervals.push({ from: bounds[i], through: bounds[i + 1] });",
    replace: "intervals.push({ from: bounds[i], through: 0 });",
    breaks: "I9",
    scene: "block",
  },
  {
    name: "a block is answered before its owner has it",
    file: "auth/handlers/set-block.js",
    find: "const seq = await deps.orders.settle(request.user, request.blocked);",
    replace: `const seq = 0;
        setTimeout(() => void deps.orders.settle(request.user, request.blocked).catch(() => {}), 3000);`,
    breaks: "I9",
    scene: "block",
  },
  {
    name: "what is sent to one who blocks is pushed to him",
    file: "session/delivery.js",
    find: "if (!canSee(member, seq)) continue; const after = previousVisible(member, seq);",
    replace: "const after = previousVisible(member, seq);",
    breaks: "I9",
    scene: "block",
  },
  {
    name: "a device that comes back is told of a gap where something was blocked",
    file: "session/delivery.js",
    find: "const after = previousVisible(member, entry.seq);",
    replace: "const after = entry.seq - 1;",
    breaks: "I4",
    scene: "unblock",
  },
  {
    name: "a page of history has what was blocked",
    file: "session/history.js",
    find: "const from = intervalStart(member, through);",
    replace: "const from = 1;",
    breaks: "I9",
    scene: "unblock",
  },
  {
    name: "a tick is claimed for what was blocked",
    file: "session/ticks.js",
    find: "return hiddenUpTo(other, delivered);",
    replace: "return NO_HOLES;",
    breaks: "I8",
    scene: "unblock",
  },
  {
    name: "who blocks may send",
    file: "session/sending.js",
    find: "if (member.muted || !isCurrent(member)) {",
    replace: "if (member.muted) {",
    breaks: "I9",
    scene: "block",
  },
];
