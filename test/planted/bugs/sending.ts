import type { PlantedBug } from "../bug.js";

/** From the client's frame to the durable entry. */
export const sendingBugs: readonly PlantedBug[] = [
  {
    name: "a send is acknowledged before it is durable",
    file: "session/shard.js",
    find: "this.deps.store.commit(lease, group.records).then(",
    replace: `setTimeout(() => this.deps.store.commit(lease, group.records).catch(() => {}), 1500);
      Promise.resolve("committed").then(`,
    breaks: "I7",
    scene: "kill",
  },
  {
    name: "entries of a commit are not stored",
    file: "session/store-level.js",
    find: "for (const record of records) writeRecord(batch, record);",
    replace: `for (const record of records) {
        if (record.kind !== "entry" || record.seq % 9 !== 0) writeRecord(batch, record);
      }`,
    breaks: "I7",
    scene: "kill",
  },
  {
    name: "a repeated send is taken for a new one",
    file: "session/sends.js",
    find: `if (item.id === id) return item.content === content ? { kind: "repeat", item } : CONFLICT;`,
    replace: "if (item.id === id) { this.last--; return NEXT; }",
    breaks: "I10",
    scene: "chat",
  },
  {
    name: "a repeated send is a conflict",
    file: "session/sends.js",
    find: `if (item.id === id) return item.content === content ? { kind: "repeat", item } : CONFLICT;`,
    replace: "if (item.id === id) return CONFLICT;",
    breaks: "I13",
    scene: "chat",
  },
  {
    name: "a repeated send is told the next seq",
    file: "session/sending.js",
    find: "seq: item.seq,",
    replace: "seq: item.seq + 1,",
    breaks: "I13",
    scene: "chat",
  },
  {
    name: "sends are taken in any order",
    file: "session/sends.js",
    find: "if (number === this.last + 1) return NEXT; if (number > this.last) return GAP;",
    replace: "this.last = Math.max(number, this.last) - 1; return NEXT;",
    breaks: "I6",
    scene: "shuffle",
  },
  {
    name: "an entry overwrites the one before it, at the same seq",
    file: "session/sending.js",
    find: "const seq = ++conversation.pendingHead;",
    replace: "const seq = (conversation.pendingHead = conversation.head + 1);",
    breaks: "I5",
    scene: "chat",
  },
  {
    name: "a seq is left out",
    file: "session/sending.js",
    find: "const seq = ++conversation.pendingHead;",
    replace:
      "const seq = (conversation.pendingHead += conversation.pendingHead % 9 === 8 ? 2 : 1);",
    breaks: "I1",
    scene: "chat",
  },
  {
    name: "an entry has the sender of another",
    file: "session/sending.js",
    find: "out.encoded(member.home.asSender);",
    replace: "out.encoded(conversation.members[0].home.asSender);",
    breaks: "I2",
    scene: "chat",
  },
  {
    name: "the last sends of devices are forgotten with a restart",
    file: "session/conversations.js",
    find: "replay(conversation, stored.latest);",
    replace: "conversation.windows.clear();",
    breaks: "I13",
    scene: "kill",
  },
  {
    name: "the head is one too low after a restart",
    file: "session/conversations.js",
    find: "conversation.pendingHead = stored.head;",
    replace: "conversation.pendingHead = --conversation.head;",
    breaks: "I5",
    scene: "kill",
  },
  {
    name: "a frame is taken for that of the connection before",
    file: "gateway/inbound.js",
    find: `if (connection.inboundOrigin !== undefined) writer.encoded(connection.inboundOrigin);
        else this.#writeOrigin(connection, writer);`,
    replace: `const { codec } = connection.ticket;
        writer.bytes(1, (this["before" + codec] ?? connection).origin);
        this["before" + codec] = connection;`,
    breaks: "I2",
    scene: "chat",
  },
  {
    name: "a take-over fences nobody",
    file: "session/store-level.js",
    find: "return lease.epoch === this.#epoch && this.#generation",
    replace: "return this.#generation",
    breaks: "I14",
    scene: "deposed",
  },
  {
    name: "the same lease is given twice",
    file: "session/store-level.js",
    find: "const epoch = rows.decodeEpoch(await kv.get(key)).epoch + 1;",
    replace: "const epoch = Math.max(1, rows.decodeEpoch(await kv.get(key)).epoch);",
    breaks: "I14",
    scene: "deposed",
  },
  {
    name: "the text of a message is logged",
    file: "session/sending.js",
    find: "const verdict = window.judge(number, id, content);",
    replace: `const verdict = window.judge(number, id, content);
        console.error(buf.toString("utf8", contentStart, contentEnd));`,
    breaks: "I12",
    scene: "chat",
  },
];
