import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { systemClock as clock } from "../../lib/clock.js";
import { newId } from "../../lib/ids.js";
import { silentLogger as log } from "../../lib/log.js";
import { openLevel } from "../../lib/store/level.js";
import { levelReceiptsStore } from "../store-level.js";
import { advanceOf, FakeLink } from "./fake-link.js";
import { ab, ae, ann, bob, eve, receiptsOver } from "./setup.js";

/** Moves cursors from a seq on, for ever, and prints each one that is confirmed: for a test that kills it. */
const [directory, from] = process.argv.slice(2);
const kv = await openLevel({ directory: directory as string, log, clock });
const { receipts } = receiptsOver(levelReceiptsStore(kv), { writer: newId("bt") });
const link = new FakeLink();
const users = [
  [ab, ann],
  [ab, bob],
  [ae, eve],
] as const;

for (let seq = Number(from); ; seq++) {
  const [conversation, user] = users[seq % users.length] as (typeof users)[number];
  receipts.advance(advanceOf({ conversation, user, delivered: seq, read: seq - 1 }), link);
  receipts.kick();
  await setImmediate();
  for (const { conversation, user, delivered, read } of link.confirmed()) {
    writeSync(1, `${conversation} ${user} ${delivered} ${read}\n`);
  }
}
