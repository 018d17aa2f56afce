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

  /** What the user wants of this, as long as those who put it in force have not confirmed it. */
  findOrder(user: string, subject: string): Promise<Order | undefined>;

  /** Those of all users behind `after`, or from the first one on, up to `limit`; none when there are no more. */
  listOrders(after: OrderKey | undefined, limit: number): Promise<Order[]>;

  /** It is in force, from this place of the log on: it is no order any more, unless it has another version by now. */
  confirmOrder(order: Order, seq: number): Promise<void>;

  /** The place in the log of the last order about this that was confirmed. */
  findPlace(user: string, subject: string): Promise<number | undefined>;

  /** From whom the user hides his presence, as of his last change; undefined when from nobody. */
  findHiding(user: string): Promise<Hiding | undefined>;

  /**
   * Those of users above `after`, in ascending order of id: at least one, and as many as take up to `bytesMax` together; none when there
   * are no more.
   */
  listHiding(after: string, bytesMax: number): Promise<Hiding[]>;
}

export type PeerList = "blocks" | "contacts";

/** Who may see something of the user, or do something to him. */
export type Seen = "everyone" | "contacts" | "nobody";

export interface Settings {
  readonly lastSeen: Seen;
  readonly online: Seen;
  readonly readReceipts: boolean;
  readonly about: Seen;
  readonly groups: Seen;
}

export interface Privacy {
  readonly user: string;
  /** 0: nothing was ever changed. */
  readonly version: number;
  readonly settings: Settings;
  /** His text about himself; empty when there is none. */
  readonly about: string;
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

/** From whom one user hides his presence. */
export interface Hiding extends Pick<Settings, "lastSeen" | "online"> {
  readonly user: string;
  readonly version: number;
  /** Those whom a setting means; none when no setting is for contacts. */
  readonly contacts: readonly string[];
  readonly blocked: readonly string[];
}

/** What an order is about. */
export interface OrderKey {
  readonly user: string;
  /** The user who is blocked, or `READS`. */
  readonly subject: string;
}

export interface Order extends OrderKey {
  /** He is blocked; reads are not told. */
  readonly on: boolean;
  readonly version: number;
}

/** What an order is about that switches read receipts. */
export const READS = "reads";

export interface PrivacyChanges {
  readonly add?: { readonly list: PeerList; readonly peers: readonly Peer[] };
  readonly remove?: { readonly list: PeerList; readonly peers: readonly string[] };
  readonly order?: Order;
}

export function nothingSaid(user: string): Privacy {
  const settings = {
    lastSeen: "everyone",
    online: "everyone",
    readReceipts: true,
    about: "everyone",
    groups: "everyone",
  } as const;
  const counts = { blocks: 0, contacts: 0 };
  return { user, version: 0, settings, about: "", counts, requests: [] };
}

/** Whether the user hides his presence from somebody. */
export function isHiding({ settings, counts }: Privacy): boolean {
  return settings.lastSeen !== "everyone" || settings.online !== "everyone" || counts.blocks > 0;
}
