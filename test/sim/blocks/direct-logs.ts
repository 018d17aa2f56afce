import type { Receipt } from "../../../gen/chat/client/v1/receipts.js";
import { SEAL_BYTES } from "../../../lib/store/checksum.js";
import { decodeMembers } from "../../../session/store-level-rows.js";
import { entryOf } from "../log-row.js";
import type { Change } from "../sim-disk.js";
import { DirectLog } from "./direct-log.js";

interface Deps {
  readonly nowMs: () => number;
  readonly wrong: (invariant: string, text: string) => void;
}

interface Range {
  readonly from: number;
  readonly through: number;
}

const LOG_ROW = "ldm_";
const MEMBERS_ROW = /^c(dm_\w+)\0m$/;

/** All conversations of two as the session's disk has them: what clients are told is compared with it. */
export class DirectLogs {
  readonly all = new Map<string, DirectLog>();

  constructor(readonly deps: Deps) {}

  of(conversation: string): DirectLog | undefined {
    return this.all.get(conversation);
  }

  /** Rows became durable; what is in force with them counts for their entries, too. */
  written(changes: readonly Change[]): void {
    const atMs = this.deps.nowMs();
    for (const { key, value } of changes) {
      const [, conversation = ""] = MEMBERS_ROW.exec(key) ?? [];
      if (!value || conversation === "") continue;
      const { members } = decodeMembers(value.subarray(0, value.length - SEAL_BYTES));
      this.#log(conversation).follows(members, atMs);
    }
    for (const { key, value } of changes) {
      if (!value || !key.startsWith(LOG_ROW)) continue;
      const log = this.#log(key.slice(1, key.indexOf("\0")));
      const entry = entryOf(value);
      log.append(entry, atMs);
      if (log.canSee(entry.sender, entry.seq)) continue;
      const what = `${log.id} ${entry.seq} is from ${entry.sender}, who blocks the other one`;
      this.deps.wrong("I9 sender", what);
    }
  }

  /** An entry goes to a device of the user: I4, I9. */
  told(user: string, conversation: string, { seq, after }: { seq: number; after: number }): void {
    const log = this.#log(conversation);
    const what = `${conversation} ${seq} to ${user}`;
    if (!log.canSee(user, seq)) return this.deps.wrong("I9 block", what);
    const before = log.lastVisible(user, seq - 1);
    if (after !== before) this.deps.wrong("I4 order", `${what}: after ${after}, not ${before}`);
  }

  /** I8: a tick says exactly what of all below it the other one never gets, and nothing of what is above it. */
  ticked(user: string, { conversation, delivered, exceptRanges }: Receipt): void {
    const hidden = this.#log(conversation).hiddenFromOther(user, delivered);
    if (textOf(exceptRanges) === textOf(hidden)) return;
    const what = `${conversation} to ${user}: ✓✓ ${delivered} but for ${textOf(exceptRanges)}`;
    this.deps.wrong("I8 except", `${what}; hidden are ${textOf(hidden)}`);
  }

  #log(conversation: string): DirectLog {
    const log = this.all.get(conversation) ?? new DirectLog(conversation, this.deps.wrong);
    this.all.set(conversation, log);
    return log;
  }
}

function textOf(ranges: readonly Range[]): string {
  return `[${ranges.map(({ from, through }) => `${from}-${through}`).join(" ")}]`;
}
