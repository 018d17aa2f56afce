import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../lib/clock.js";
import { directId } from "../../lib/ids.js";
import { silentLogger } from "../../lib/log.js";
import { Events } from "../events.js";
import { membersOf } from "../members.js";
import { Receipts, type ReceiptsDeps } from "../receipts.js";
import type { ReceiptsStore } from "../store.js";

export const ann = "us_aaaaaaaaaaaaaaaa";
export const bob = "us_bbbbbbbbbbbbbbbb";
export const eve = "us_eeeeeeeeeeeeeeee";
/** The conversation of Ann and Bob. */
export const ab = directId(ann, bob);
export const ae = directId(ann, eve);

export const roomyLimits = {
  flushMs: 0,
  conversationsMax: 100,
  pendingMax: 1000,
  questionsMax: 100,
  loadsMax: 4,
};

/** The core over a store, with everything else as in production unless said otherwise. */
export function receiptsOver(store: ReceiptsStore, overrides: Partial<ReceiptsDeps> = {}) {
  const events = new Events(silentLogger);
  const receipts = new Receipts({
    store,
    events,
    clock: systemClock,
    membersOf,
    writer: "bt_1",
    limits: roomyLimits,
    ...overrides,
  });
  return { receipts, events, counts: events.counts };
}

/** Lets everything happen that waits for nothing but promises. */
export async function settled(): Promise<void> {
  await setImmediate();
}
