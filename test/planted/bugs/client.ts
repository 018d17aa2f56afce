import type { PlantedBug } from "../bug.js";

/** The SDK. */
export const clientBugs: readonly PlantedBug[] = [
  {
    name: "the client shows what it has already",
    file: "client/conversation.js",
    find: "if (!isNew || settled) return;",
    replace: "if (settled) return;",
    breaks: "I3",
    scene: "chat",
  },
  {
    name: "the client shows an entry behind a gap",
    file: "client/place.js",
    find: "if (seq <= last || after <= last)",
    replace: "if (true)",
    breaks: "I4",
    scene: "chat",
  },
  {
    name: "the client acknowledges more than it has",
    file: "client/conversation.js",
    find: `effects.send({ $case: "ack", value: { conversation, seq: last } });`,
    replace: `effects.send({ $case: "ack", value: { conversation, seq: last + 1 } });`,
    breaks: "I8",
    scene: "chat",
  },
  {
    name: "the client does not say that it has a gap",
    file: "client/place.js",
    find: "else this.gap.seen(after, now);",
    replace: "else Math.max(0, 0);",
    breaks: "I1",
    scene: "gap",
  },
  {
    name: "the client gives a repeated send a new key",
    file: "client/sends.js",
    find: `const { clientMessageId, number } = item;`,
    replace: `const { number } = item;
            const clientMessageId = automatic ? crypto.randomUUID() : item.clientMessageId;`,
    breaks: "I13",
    scene: "chat",
  },
  {
    name: "the client settles the first message of its outbox, whichever was stored",
    file: "client/outbox.js",
    find: `settle(clientMessageId, now, effects) {
        const index = this.items.findIndex((item) => item.clientMessageId === clientMessageId);`,
    replace: `settle(clientMessageId, now, effects) {
        const index = this.items.length - 1;`,
    breaks: "I2",
    scene: "chat",
  },
  {
    name: "the client sends its newest message first",
    file: "client/outbox.js",
    find: "this.items.push(full);",
    replace: "this.items.splice(this.next, 0, full);",
    breaks: "I6",
    scene: "chat",
  },
  {
    name: "the client forgets what was under way when it connects again",
    file: "client/outbox.js",
    find: "attach() { this.next = 0;",
    replace: "attach() { this.next = this.items.length;",
    breaks: "I13",
    scene: "resend",
  },
  {
    name: "the client shows ✓✓ in blue",
    file: "client/reading.js",
    find: "read: record.peerRead, except };",
    replace: "read: record.delivered, except };",
    breaks: "I8",
    scene: "chat",
  },
  {
    name: "the client never repeats the last Read",
    file: "client/reading.js",
    find: "this.readAt = this.missing() ? now : NEVER;",
    replace: "this.readAt = NEVER;",
    breaks: "I8",
    scene: "reading",
  },
  {
    name: "the client alters the text when it repeats a send",
    file: "client/sends.js",
    find: `const content = { kind: { $case: "text", value: { text: item.text } } };`,
    replace: `const text = automatic ? item.text.toUpperCase() : item.text;
            const content = { kind: { $case: "text", value: { text } } };`,
    breaks: "I13",
    scene: "chat",
  },
];
