/**
 * What users have said of their privacy, and what any store must promise: as in store.ts. Per user there is one version; every change
 * raises it.
 */
export interface PrivacyStore {
  /** What is kept of the user; as `nothingSaid` gives it when nothing is. */
  findPrivacy(user: string): Promise<Privacy>;

  /**
   * Replaces it, and what `changes` names with it, whole or not at all, if its version still is `from`. False: it is not, and nothing
   * was written. Of several calls with one `from` exactly one is true.
   */
  replacePrivacy(privacy: Privacy, from: number, changes: PrivacyChanges): Promise<boolean>;

  /** The users in a list of the user, in ascending order of id. */
  listPeers(list: PeerList, user: string): Promise<Peer[]>;

  /** One of them. */
  findPeer(list: PeerList, user: string, peer: string): Promise<Peer | undefined>;

  /** Whether the user blocks the peer, as long as the owner of their conversation has not confirmed it. */
  findOrder(user: string, peer: string): Promise<BlockOrder | undefined>;

  /** Those of all users, up to `limit`. */
  listOrders(limit: number): Promise<BlockOrder[]>;

  /** The owner has it, from this place of the log on: it is no order any more, unless it has another version by now. */
  confirmOrder(order: BlockOrder, seq: number): Promise<void>;

  /** The place in the log of the last order of this pair that was confirmed. */
  findPlace(user: string, peer: string): Promise<number | undefined>;
}

export type PeerList = "blocks";

export interface Privacy {
  readonly user: string;
  /** 0: nothing was ever changed. */
  readonly version: number;
  /** How many users are in each list. */
  readonly counts: Readonly<Record<PeerList, number>>;
  /** The last requests of changes, oldest first. */
  readonly requests: readonly DoneRequest[];
}

/** A request that was answered: a repeated one is recognised. */
export interface DoneRequest {
  readonly id: string;
  /** What it asked for. */
  readonly print: number;
}

export interface Peer {
  readonly user: string;
  readonly atMs: number;
}

export interface BlockOrder {
  readonly user: string;
  readonly peer: string;
  readonly blocked: boolean;
  readonly version: number;
}

export interface PrivacyChanges {
  readonly add?: { readonly list: PeerList; readonly peers: readonly Peer[] };
  readonly remove?: { readonly list: PeerList; readonly peers: readonly string[] };
  readonly order?: BlockOrder;
}

export function nothingSaid(user: string): Privacy {
  return { user, version: 0, counts: { blocks: 0 }, requests: [] };
}
