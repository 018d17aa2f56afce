import type { KeyValueStore, WriteBatch } from "../lib/store/kv.js";
import {
  type BlockOrder,
  nothingSaid,
  type Peer,
  type PeerList,
  type Privacy,
  type PrivacyChanges,
  type PrivacyStore,
} from "./privacy-store.js";
import { encode, read, readAll } from "./rows.js";
import { createTurns } from "./turns.js";

/**
 * Keys beside those of store-level.ts; values are JSON.
 *   privacy/<user>              what he has said
 *   <list>/<user>/<peer>        a user in a list of his
 *   order/<user>/<peer>         a block, or its end, that the owner of the conversation has not confirmed
 *   place/<user>/<peer>         where in the log the last one is that he has
 */
const keyOf = {
  privacy: (user: string) => Buffer.from(`privacy/${user}`),
  peer: (list: PeerList, user: string, peer: string) => Buffer.from(`${list}/${user}/${peer}`),
  order: (user: string, peer: string) => Buffer.from(`order/${user}/${peer}`),
  place: (user: string, peer: string) => Buffer.from(`place/${user}/${peer}`),
};

/** On the store that auth has for accounts; this process alone has it open. */
export function createPrivacyStore(kv: KeyValueStore): PrivacyStore {
  const turns = createTurns();
  return {
    async findPrivacy(user) {
      return { ...nothingSaid(user), ...(await read<Privacy>(kv, keyOf.privacy(user))) };
    },

    replacePrivacy(privacy, from, changes) {
      const { user } = privacy;
      return turns.run(user, async () => {
        const stored = await read<Privacy>(kv, keyOf.privacy(user));
        if ((stored?.version ?? 0) !== from) return false;
        await kv.write((batch) => {
          batch.put(keyOf.privacy(user), encode(privacy));
          write(batch, user, changes);
        });
        return true;
      });
    },

    listPeers: (list, user) => readAll<Peer>(kv, `${list}/${user}/`),

    findPeer: (list, user, peer) => read<Peer>(kv, keyOf.peer(list, user, peer)),

    findOrder: (user, peer) => read<BlockOrder>(kv, keyOf.order(user, peer)),

    listOrders: (limit) => readAll<BlockOrder>(kv, "order/", limit),

    confirmOrder({ user, peer, version }, seq) {
      return turns.run(user, async () => {
        const stored = await read<BlockOrder>(kv, keyOf.order(user, peer));
        if (stored?.version !== version) return;
        await kv.write((batch) => {
          batch.del(keyOf.order(user, peer));
          batch.put(keyOf.place(user, peer), encode(seq));
        });
      });
    },

    findPlace: (user, peer) => read<number>(kv, keyOf.place(user, peer)),
  };
}

function write(batch: WriteBatch, user: string, { add, remove, order }: PrivacyChanges): void {
  for (const peer of add?.peers ?? []) {
    batch.put(keyOf.peer((add as { list: PeerList }).list, user, peer.user), encode(peer));
  }
  for (const peer of remove?.peers ?? []) {
    batch.del(keyOf.peer((remove as { list: PeerList }).list, user, peer));
  }
  if (order !== undefined) batch.put(keyOf.order(user, order.peer), encode(order));
}
