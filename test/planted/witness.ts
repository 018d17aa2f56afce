import { appendFileSync } from "node:fs";
import { limits } from "../../lib/limits.js";
import type { Lease, SessionStore } from "../../session/store.js";
import type { Patch } from "./patch.js";

type Journal = Pick<SessionStore, "takeOver" | "commit">;

/** Where the store of session lets the witness in. */
export const witness: Patch = {
  file: "session/store-level.js",
  find: `takeOver: (shard, owner) => shardOf(shard).takeOver(owner),
    commit: (lease, records) => shardOf(lease.shard).commit(lease, records),`,
  replace: `...globalThis.witnessed({
      takeOver: (shard, owner) => shardOf(shard).takeOver(owner),
      commit: (lease, records) => shardOf(lease.shard).commit(lease, records),
    }),`,
};

/**
 * No client sees who writes to a shard. So every take-over and every commit that succeeds is written to a file, in their
 * order; and on a signal another owner takes all shards over, of whom the present one is not told.
 */
export function witnessed(store: Journal, path: string): Journal {
  const note = (type: "takeOver" | "commit", { shard, epoch }: Lease) =>
    appendFileSync(path, `${JSON.stringify({ type, shard, epoch })}\n`);
  const journal: Journal = {
    async takeOver(shard, owner) {
      const taken = await store.takeOver(shard, owner);
      note("takeOver", taken.lease);
      return taken;
    },
    async commit(lease, records) {
      const outcome = await store.commit(lease, records);
      if (outcome === "committed") note("commit", lease);
      return outcome;
    },
  };
  process.on("SIGUSR2", () => {
    for (let shard = 0; shard < limits.shards; shard++) void journal.takeOver(shard, "bt_rival");
  });
  return journal;
}
