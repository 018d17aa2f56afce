import { limits } from "../lib/limits.js";
import type { Connection } from "./home-user.js";
import { arm, open, sendTo } from "./outgoing.js";

/** Tells a new device where it starts, in as many frames as it takes; the last one says so, also when there are none. */
export function answerBases(to: Connection, bases: readonly (readonly [string, number])[]): void {
  for (let first = 0; first === 0 || first < bases.length; first += limits.basesPageMax) {
    const page = bases.slice(first, first + limits.basesPageMax);
    const out = open(to, arm.bases, 16 + page.length * 48);
    if (out === undefined) return;
    for (const [conversation, seq] of page) {
      out.open(1, 48);
      out.ascii(1, conversation);
      out.uint(2, seq);
      out.close();
    }
    out.bool(2, first + limits.basesPageMax >= bases.length);
    sendTo(to, out);
  }
}
