import type { SeqRange } from "../../../gen/chat/client/v1/receipts.js";
import type { DurableCursors } from "../durable-cursors.js";
import type { GroupLog } from "./group-log.js";

interface Deps {
  readonly cursors: DurableCursors;
  readonly wrong: (invariant: string, text: string) => void;
}

type Kind = "delivered" | "read";

interface Claim {
  readonly kind: Kind;
  readonly tick: number;
  readonly exceptRanges: readonly SeqRange[];
}

/** Messages for which nobody is left who counts: a tick says of them what the last ones had when they went. */
export class Orphans {
  /** Sender of each message that some of those lacked, by group, kind and seq. */
  readonly #lacked = new Map<string, string>();

  constructor(readonly deps: Deps) {}

  /** An entry becomes durable. */
  appended(log: GroupLog, seq: number, append: () => void): void {
    const isNew = seq > log.entries.length;
    const before = log.entries.map((entry) => counting(log, entry.sender, entry.seq));
    append();
    if (!isNew) return;
    for (const { seq: at, sender, version } of log.entries) {
      if (version > 0 || counting(log, sender, at).length > 0) continue;
      const last = before[at - 1];
      for (const kind of ["delivered", "read"] as const) {
        // Nobody ever counted for what somebody sent who was alone.
        const lacks = last?.some((user) => this.deps.cursors.of(log.id, user)[kind] < at) ?? true;
        if (lacks) this.#lacked.set(`${log.id} ${kind} ${at}`, sender);
      }
    }
  }

  /** I8: ticks go to a device of the user. */
  ticked(user: string, group: string, { kind, tick, exceptRanges }: Claim): void {
    for (const [key, sender] of this.#lacked) {
      const [of, what, at] = key.split(" ");
      const seq = Number(at);
      if (of !== group || what !== kind || sender !== user || seq > tick) continue;
      if (exceptRanges.some(({ from, through }) => from <= seq && seq <= through)) continue;
      const text = `${group} to ${user}: ${kind} ${tick} with ${seq}, which those lacked who counted`;
      this.deps.wrong("I8 claimed", text);
    }
  }
}

function counting(log: GroupLog, author: string, seq: number): string[] {
  return [...log.users].filter((user) => {
    return user !== author && log.isIn(user) && log.joinedAt(user) <= seq;
  });
}
