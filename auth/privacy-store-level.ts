import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import { createTurns } from "../lib/turns.js";
import {
  type Hiding,
  isHiding,
  nothingSaid,
  type Order,
  type OrderKey,
  type Peer,
  type PeerList,
  type Privacy,
  type PrivacyChanges,
  type PrivacyStore,
} from "./privacy-store.js";
import { decode, encode, read, readAll } from "./rows.js";

/**
 * Keys beside those of store-level.ts; values are JSON.
 *   privacy/<user>              what he has said
 *   <list>/<user>/<peer>        a user in a list of his
 *   order/<user>/<subject>      what is not in force yet
 *   place/<user>/<subject>      where in the log the last order is that is
 *   hiding/<user>               from whom he hides his presence: all of it, so that all users' is one range
 */
const keyOf = {
  privacy: (user: string) => Buffer.from(`privacy/${user}`),
  peer: (list: PeerList, user: string, peer: string) => Buffer.from(`${list}/${user}/${peer}`),
  order: (user: string, subject: string) => Buffer.from(`order/${user}/${subject}`),
  place: (user: string, subject: string) => Buffer.from(`place/${user}/${subject}`),
  hiding: (user: string) => Buffer.from(`hiding/${user}`),
};

/** On the store that auth has for accounts; this process alone has it open. */
export function createPrivacyStore(kv: KeyValueStore): PrivacyStore {
  const turns = createTurns();
  return {
    async findPrivacy(user) {
      const said = await read<Privacy>(kv, keyOf.privacy(user));
      const unsaid = nothingSaid(user);
      // A row may be older than some of the settings.
      return { ...unsaid, ...said, settings: { ...unsaid.settings, ...said?.settings } };
    },

    replacePrivacy(privacy, from, changes) {
      const { user } = privacy;
      return turns.run(user, async () => {
        const stored = await read<Privacy>(kv, keyOf.privacy(user));
        if ((stored?.version ?? 0) !== from) return false;
        const hiding = isHiding(privacy) ? await hidingAfter(kv, privacy, changes) : undefined;
        await kv.write((batch) => {
          batch.put(keyOf.privacy(user), encode(privacy));
          if (hiding) batch.put(keyOf.hiding(user), encode(hiding));
          else batch.del(keyOf.hiding(user));
          write(batch, user, changes);
        });
        return true;
      });
    },

    listPeers: (list, user) => listPeers(kv, list, user),

    findPeer: (list, user, peer) => read<Peer>(kv, keyOf.peer(list, user, peer)),

    findOrder: (user, subject) => read<Order>(kv, keyOf.order(user, subject)),

    async listOrders(after, limit) {
      const gte = after ? behind(after) : Buffer.from("order/");
      const rows = await kv.range({ gte, lt: Buffer.from("order0"), limit });
      return rows.map(([, value]) => decode<Order>(value));
    },

    confirmOrder({ user, subject, version }, seq) {
      return turns.run(user, async () => {
        const stored = await read<Order>(kv, keyOf.order(user, subject));
        if (stored?.version !== version) return;
        await kv.write((batch) => {
          batch.del(keyOf.order(user, subject));
          batch.put(keyOf.place(user, subject), encode(seq));
        });
      });
    },

    findPlace: (user, subject) => read<number>(kv, keyOf.place(user, subject)),

    findHiding: (user) => read<Hiding>(kv, keyOf.hiding(user)),

    async listHiding(after, bytesMax) {
      const range = { gte: Buffer.from(`hiding/${after}!`), lt: Buffer.from("hiding0"), bytesMax };
      return (await kv.range(range)).map(([, value]) => decode<Hiding>(value));
    },
  };
}

function listPeers(kv: KeyValueStore, list: PeerList, user: string): Promise<Peer[]> {
  return readAll<Peer>(kv, `${list}/${user}/`);
}

/** The first key that an order behind this one can have. */
function behind({ user, subject }: OrderKey): Buffer {
  return Buffer.concat([keyOf.order(user, subject), Buffer.of(0)]);
}

/** What the user hides when the changes are made. Only they change his lists, and one of them after the other. */
async function hidingAfter(
  kv: KeyValueStore,
  { user, version, settings }: Privacy,
  { add, remove }: PrivacyChanges,
): Promise<Hiding> {
  const namedIn = async (list: PeerList) => {
    const named = new Set((await listPeers(kv, list, user)).map((peer) => peer.user));
    if (add?.list === list) for (const peer of add.peers) named.add(peer.user);
    if (remove?.list === list) for (const peer of remove.peers) named.delete(peer);
    return [...named].sort();
  };
  const { lastSeen, online } = settings;
  const forContacts = lastSeen === "contacts" || online === "contacts";
  const contacts = forContacts ? await namedIn("contacts") : [];
  return { user, version, lastSeen, online, contacts, blocked: await namedIn("blocks") };
}

function write(batch: WriteBatch, user: string, { add, remove, order }: PrivacyChanges): void {
  for (const peer of add?.peers ?? []) {
    batch.put(keyOf.peer((add as { list: PeerList }).list, user, peer.user), encode(peer));
  }
  for (const peer of remove?.peers ?? []) {
    batch.del(keyOf.peer((remove as { list: PeerList }).list, user, peer));
  }
  if (order !== undefined) batch.put(keyOf.order(user, order.subject), encode(order));
}
