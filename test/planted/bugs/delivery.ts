import type { PlantedBug } from "../bug.js";

/** From the durable entry to what devices show. */
export const deliveryBugs: readonly PlantedBug[] = [
  {
    name: "a cursor moves because something was sent",
    file: "session/feed.js",
    find: "this.sent = through; this.bytes += bytes;",
    replace:
      "this.sent = this.acked = this.cursor = through; this.dirty = true; this.bytes += bytes;",
    breaks: "I1",
    scene: "unheard",
  },
  {
    name: "a dropped push is forgotten",
    file: "session/delivery.js",
    find: "feed.restart(Math.max(feed.acked, feed.cursor), now);",
    replace: "feed.restart(Math.max(feed.sent, feed.cursor), now); feed.cursor = feed.acked;",
    breaks: "I1",
    scene: "unheard",
  },
  {
    name: "an entry is said to follow the one before the last",
    file: "session/membership.js",
    find: "return lastVisible(member, seq - 1);",
    replace: "return lastVisible(member, seq - 2);",
    breaks: "I4",
    scene: "chat",
  },
  {
    name: "the bytes of another entry are delivered",
    file: "session/delivery.js",
    find: "this.#fanOut.deliver(conversation, plannedAfter, entry); } /** The feed, when",
    replace: `this.#fanOut.deliver(conversation, plannedAfter, seq % 7 === 0 ? this.before ?? entry : entry);
        this.before = entry;
    }
    /** The feed, when`,
    breaks: "I4",
    scene: "chat",
  },
  {
    name: "a push reaches a stranger, too",
    file: "gateway/outbound.js",
    find: "for (let i = 0; i < count; i++) this.#queue(ids[i], data, codec);",
    replace: "for (const id of new Set([1, ...ids.slice(0, count)])) this.#queue(id, data, codec);",
    breaks: "I9",
    scene: "chat",
  },
  {
    name: "an attach is lost, and the roster's, too",
    file: "session/home.js",
    find: "const known = gateway.connections.get(described.id); if (known !== undefined) return this.#again(",
    replace: `if (described.id === 6) return;
        const known = gateway.connections.get(described.id);
        if (known !== undefined) return this.#again(`,
    breaks: "I1",
    scene: "chat",
  },
  {
    name: "a device that comes back gets all but the last entry",
    file: "session/delivery.js",
    find: "const target = lastVisible(member, conversation.head);",
    replace: "const target = lastVisible(member, conversation.head - 1);",
    breaks: "I1",
    scene: "return",
  },
  {
    name: "a busy conversation is not looked at when a device comes back",
    file: "session/store-level-compare.js",
    find: "if (stamp === 0 || seq > cursor || confirmed < cursor) {",
    replace: "if (seq > cursor || confirmed < cursor) {",
    breaks: "I1",
    scene: "return",
  },
  {
    name: "a quiet conversation is not looked at when a device comes back",
    file: "session/store-level-compare.js",
    find: "if (stamp === 0 || seq > cursor || confirmed < cursor) {",
    replace: "if (stamp === 0 || confirmed < cursor) {",
    breaks: "I1",
    scene: "quiet",
  },
  {
    name: "attention ends with a position that is too low",
    file: "session/attention.js",
    find: "seq: open ? seq : lastVisible(member, seq) };",
    replace: "seq: open ? seq : 1 };",
    breaks: "I1",
    scene: "quiet",
  },
  {
    name: "attention does not begin again after quiet",
    file: "session/sending.js",
    find: "if (conversation.open) return NONE;",
    replace: "if (conversation.open || conversation.head > 0) return NONE;",
    breaks: "I1",
    scene: "quiet",
  },
  {
    name: "a device is told that it has caught up before it has",
    file: "session/resumes.js",
    find: "if (left(resume) > 0 || device.resume !== resume) return;",
    replace: "if (device.resume !== resume) return;",
    breaks: "I1",
    scene: "chat",
  },
  {
    name: "a new device begins behind entries that are still to come",
    file: "session/resumes.js",
    find: "const base = open ? seq - 1 : seq;",
    replace: "const base = open ? seq + 1000 : seq;",
    breaks: "I1",
    scene: "chat",
  },
  {
    name: "a page of a backlog lacks its first entry",
    file: "session/delivery.js",
    find: "for (const entry of entries) { if (entry.seq <= feed.sent",
    replace: "for (const entry of entries.slice(1)) { if (entry.seq <= feed.sent",
    breaks: "I1",
    scene: "kill",
  },
  {
    name: "the stored cursor of a device is the head",
    file: "session/cursors.js",
    find: "cursors.set(conversation.id, { cursor, confirmed, base: 0 });",
    replace: "cursors.set(conversation.id, { cursor: conversation.head, confirmed, base: 0 });",
    breaks: "I1",
    scene: "kill",
  },
  {
    name: "a newer connection is ignored while the older one is there",
    file: "session/home.js",
    find: "if (!newer) return supersede(fresh);",
    replace: "if (newer) return;",
    breaks: "I1",
    scene: "takeover",
  },
  {
    name: "a page of history lacks an entry",
    file: "session/history.js",
    find: "await this.deps.store.readEntries(conversation.id, range); const oldest",
    replace: `(await this.deps.store.readEntries(conversation.id, range)).filter(({ seq }) => seq % 7 !== 0);
            const oldest`,
    breaks: "I7",
    scene: "chat",
  },
];
