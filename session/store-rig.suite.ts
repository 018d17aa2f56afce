import type { Faults } from "../lib/store/faults.js";
import type { CommitRecord, Lease, SessionStore } from "./store.js";

/** An implementation under test, and what the tests do to it. */
export interface StoreRig {
  store: SessionStore;
  /** Makes its writes fail. */
  readonly faults: Faults;
  /** Resolves when the store works again after a failed write. */
  recovered(): Promise<void>;
  /** Closes the store and opens it on the same data: a restart of the process. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

/** What a test works with. */
export interface Stage {
  rig: StoreRig;
}

export const A = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";
export const B = "dm_aaaaaaaaaaaaaaaa_cccccccccccccccc";
export const SHARD = 7;

export function takeOver(at: Stage, shard = SHARD): Promise<Lease> {
  return at.rig.store.takeOver(shard, "bt_owner").then(({ lease }) => lease);
}

/** Commits under a new lease. */
export async function commit(at: Stage, ...records: CommitRecord[]): Promise<void> {
  const outcome = await at.rig.store.commit(await takeOver(at), records);
  if (outcome !== "committed") throw new Error(outcome);
}

export function entry(conversation: string, seq: number, bytes = 20): CommitRecord {
  const content = Buffer.alloc(bytes, seq % 251);
  return { kind: "entry", conversation, seq, entry: content, device: "dv_1" };
}

export function sends(conversation: string, device: string, text: string): CommitRecord {
  return { kind: "sends", conversation, device, sends: Buffer.from(text) };
}

export function attention(
  conversation: string,
  open: boolean,
  seq: number,
  ...users: string[]
): CommitRecord {
  const seqs = users.map((user) => ({ user, seq }));
  return { kind: "attention", conversation, open, seq, users: seqs };
}

/** All entries of a conversation. */
export const ALL = { from: 1, through: Number.MAX_SAFE_INTEGER, limit: 10_000, bytesMax: 1e9 };
