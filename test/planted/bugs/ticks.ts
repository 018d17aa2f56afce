import type { PlantedBug } from "../bug.js";

/** Acknowledgements, cursors and ticks. */
export const tickBugs: readonly PlantedBug[] = [
  {
    name: "a push counts as delivered",
    file: "session/delivery.js",
    find: "feed.pushed(seq, 0, now); this.#probes.watch(feed);",
    replace: `feed.pushed(seq, 0, now);
                this.#probes.watch(feed);
                member.delivered = Math.max(member.delivered, seq);
                this.deps.cursorRose(conversation, member);`,
    breaks: "I8",
    scene: "unheard",
  },
  {
    name: "an acknowledgement counts as read",
    file: "session/delivery.js",
    find: "member.delivered = seq; this.deps.cursorRose(conversation, member);",
    replace: `member.delivered = member.read = seq;
            this.deps.cursorRose(conversation, member);`,
    breaks: "I8",
    scene: "chat",
  },
  {
    name: "an author gets his own position as a tick",
    file: "session/ticks.js",
    find: "return author === minimum.lowestUser ? minimum.withoutLowest : minimum.lowest;",
    replace: "return minimum.withoutLowest;",
    breaks: "I8",
    scene: "chat",
  },
  {
    name: "✓✓ are shown in blue",
    file: "session/ticks.js",
    find: ": tickFor(user, minimum.read);",
    replace: ": tickFor(user, minimum.delivered);",
    breaks: "I8",
    scene: "chat",
  },
  {
    name: "a tick is told before its cursor is durable",
    file: "receipts/store-level.js",
    find: "return this.#kv.write((batch) => {",
    replace: `const later = (fill) => {
            setTimeout(() => void this.#kv.write(fill).catch(() => {}), 3000);
            return Promise.resolve();
        };
        return later((batch) => {`,
    breaks: "I8",
    scene: "kill",
  },
  {
    name: "reading is not stored",
    file: "receipts/commits.js",
    find: "if (pending.read <= (durable?.read ?? 0)) pending.read = 0;",
    replace: "pending.read = 0;",
    breaks: "I8",
    scene: "chat",
  },
  {
    name: "a member who has received nothing yet does not count",
    file: "receipts/minimum.js",
    find: "const at = cursors.get(user)?.[kind] ?? 0;",
    replace: "const at = cursors.get(user)?.[kind] || 2 ** 40;",
    breaks: "I8",
    scene: "chat",
  },
  {
    name: "what receipts has not confirmed is not said again",
    file: "session/advances.js",
    find: "this.#announceAll(risen); } /** Whether",
    replace: `void risen;
    }
    /** Whether`,
    breaks: "I8",
    scene: "receipts",
  },
];
