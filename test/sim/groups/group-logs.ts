import type { Receipt } from "../../../gen/chat/client/v1/receipts.js";
import type { DurableCursors } from "../durable-cursors.js";
import { entryOf } from "../log-row.js";
import type { Change } from "../sim-disk.js";
import { GroupLog } from "./group-log.js";
import { Orphans } from "./orphans.js";

interface Deps {
  readonly cursors: DurableCursors;
  readonly nowMs: () => number;
  /** A change is there, whether somebody was told or not. */
  readonly acknowledged: (request: string) => void;
  readonly wrong: (invariant: string, text: string) => void;
}

/** All groups as the session's disk has them: what clients are told is compared with it. */
export class GroupLogs {
  readonly all = new Map<string, GroupLog>();
  readonly orphans: Orphans;

  constructor(readonly deps: Deps) {
    this.orphans = new Orphans(deps);
  }

  of(group: string): GroupLog | undefined {
    return this.all.get(group);
  }

  /** How many changes were made. */
  get changes(): number {
    return [...this.all.values()].reduce((sum, { version }) => sum + version, 0);
  }

  /** Rows became durable. */
  written(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      if (!value || !key.startsWith("lgr_")) continue;
      const id = key.slice(1, key.indexOf("\0"));
      const log = this.all.get(id) ?? new GroupLog(id, this.deps.wrong);
      this.all.set(id, log);
      const entry = entryOf(value);
      this.orphans.appended(log, entry.seq, () => log.append(entry, this.deps.nowMs()));
      if (entry.change) this.deps.acknowledged(entry.clientMessageId);
    }
  }

  /** Somebody hears of the entry. */
  tell(group: string, seq: number): void {
    this.all.get(group)?.tell(seq, this.deps.nowMs());
  }

  /** An entry goes to a device of the user: I4, I9. */
  told(user: string, group: string, { seq, after }: { seq: number; after: number }): void {
    const log = this.all.get(group);
    const what = `${group} ${seq} to ${user}`;
    if (!log?.canSee(user, seq)) return this.deps.wrong("I9 member", what);
    this.tell(group, seq);
    const before = log.lastVisible(user, seq - 1);
    if (after !== before) this.deps.wrong("I4 order", `${what}: after ${after}, not ${before}`);
  }

  /** Ticks go to a device of the user: I8. */
  ticked(user: string, receipt: Receipt): void {
    const { conversation, delivered, read, exceptRanges, unreadRanges } = receipt;
    this.#counted(user, conversation, "delivered", delivered);
    this.#counted(user, conversation, "read", read);
    this.orphans.ticked(user, conversation, { kind: "delivered", tick: delivered, exceptRanges });
    this.orphans.ticked(user, conversation, {
      kind: "read",
      tick: read,
      exceptRanges: unreadRanges,
    });
  }

  /** Whether all who count have his newest message below the tick. */
  #counted(author: string, group: string, kind: "delivered" | "read", tick: number): void {
    const log = this.all.get(group);
    if (!log || tick === 0) return;
    const own = (seq: number) => log.entries[seq - 1]?.sender === author;
    let newest = Math.min(tick, log.entries.length);
    while (newest > 0 && !(own(newest) && log.entries[newest - 1]?.version === 0)) newest--;
    if (newest === 0) return;
    for (const user of log.users) {
      if (user === author || !log.isIn(user) || log.joinedAt(user) > newest) continue;
      const at = this.deps.cursors.of(group, user)[kind];
      if (at >= newest) continue;
      const what = `${group} to ${author}: ${kind} ${tick}`;
      this.deps.wrong("I8 durable", `${what} with his ${newest}; ${user} is at ${at} on the disk`);
    }
  }
}
